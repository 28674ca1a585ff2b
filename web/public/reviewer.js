// What reviewers alone may ask of the API: by which name, how often, and what a refusal means.

import { call, pause } from "./api.js";
import { kind } from "./auth.js";
import { problemText } from "./problems.js";
import { seen } from "./progress.js";
import { forget, recall, remember } from "./store.js";

const EVERY_S = 5;
const LONGEST_S = 60;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** Whether reviewers name themselves: the API asks nobody for credentials. */
export const namesThemselves = () => kind() === "none";
export const reviewerName = () => recall("reviewer") ?? "";
export const forgetName = () => forget("reviewer");

/** Keeps the name of who sits here; false where it cannot be one. */
export function useName(name) {
  if (!NAME.test(name)) return false;
  remember("reviewer", name);
  return true;
}

/** The name behind `local:kim`, `cognito:<id>` or `iam:<ARN>`. */
export const nameOf = (who) => (who ?? "").replace(/^(local|cognito|key|iam):/, "") || "nobody";

/** As `call`, below /reviews and as a reviewer. */
export function ask(path, request) {
  const headers = namesThemselves() ? { "Safelight-Reviewer": reviewerName() } : {};
  return call(`/reviews${path}`, { ...request, headers, byRole: true });
}

/** Has `look` look every few seconds while the tab is looked at, until it says false. Throws Problem. */
export async function keepLooking(signal, look) {
  let wait = EVERY_S;
  for (;;) {
    await pause(wait, signal);
    await seen(signal);
    try {
      if (await look() === false) return;
      wait = EVERY_S;
    } catch (problem) {
      if (signal.aborted || !problem.passing) throw problem;
      wait = Math.min(LONGEST_S, Math.max(2 * wait, problem.retryAfter));
    }
  }
}

const RULES = {
  claimed: "Another reviewer has it. It is free again when they give it back or their claim runs out.",
  unclaimed: "Claim it first.",
  claim_expired: "Your claim had run out. Claim it again; what you wrote is kept.",
  decided: "Another decision stands already. Yours changed nothing.",
  expired: "The time to decide is over: nobody approved it, so it is rejected.",
  over: "The request has ended meanwhile. Nothing follows from a decision.",
  kept: "The pictures are gone: they are no longer kept.",
  regenerable: "It cannot be painted again: no attempt is left.",
  own_request: "It is a request of your own. Somebody else decides.",
  own_decision: "It is an appeal against a decision of your own. Somebody else decides.",
};

/** Why the API did not do it, in words for people. */
export function refusalWords(problem) {
  const known = problem.errors.map(({ rule }) => RULES[rule]).filter(Boolean);
  return known.length ? known.join(" ") : problemText(problem);
}
