// Who looks at a review: claiming it for a while, how long that lasts, and giving it back.

import { announce, el } from "./dom.js";
import { ask, nameOf, refusalWords } from "./reviewer.js";
import { duration } from "./words.js";

const TRIES = 4;
const LAST_S = 60;

/**
 * {element, update(review)}: the bar that tells who has a review.
 *
 * `onChange` hears of what a click changed as a part of the review, or of nothing where the API
 * refused; `onLost` when the time of one's own claim is over; `onDecide` leads to the decision.
 */
export function claimBar(id, signal, { onChange, onLost, onDecide }) {
  const words = el("span");
  const left = el("span", { id: "claim-left", role: "timer" });
  const state = el("p", { id: "claim-state", tabindex: "-1" }, words, left);
  const error = el("p", { class: "error", id: "claim-error", role: "alert" });
  const button = (name, text, act) => el("button", { type: "button", id: `claim-${name}`, onclick: act }, text);
  const take = button("take", "Claim", () => tried(claim, "It is yours"));
  const renew = button("renew", "Renew", () => tried(claim, "Renewed"));
  const release = button("release", "Give back", () => tried(giveBack, "Given back"));
  const decide = button("decide", "To the decision", onDecide);
  take.classList.add("main");
  const element = el("section", { class: "claim", id: "claim", "aria-label": "Claim" },
    state, take, decide, renew, release, error);
  let review, had, warned;

  async function claim() {
    const { body } = await ask(`/${id}/claim`, { method: "POST", tries: TRIES });
    warned = false;
    onChange({ claimed_by: body.claimed_by, claim_until: body.claim_until, mine: true });
  }

  async function giveBack() {
    await ask(`/${id}/claim`, { method: "DELETE" });
    had = false;
    onChange({ claimed_by: undefined, claim_until: undefined, mine: false });
  }

  async function tried(act, done) {
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    error.textContent = "";
    try {
      await act();
      announce(done);
    } catch (problem) {
      error.textContent = refusalWords(problem);
      onChange();
    } finally {
      element.removeAttribute("aria-busy");
    }
  }

  function show() {
    const seconds = (Date.parse(review.claim_until) - Date.now()) / 1000;
    const runs = Boolean(review.claimed_by) && seconds > 0;
    const mine = runs && review.mine;
    if (had && !mine) lose();
    had = mine;
    words.textContent = stateWords(review, runs, seconds);
    left.textContent = mine ? clock(seconds) : "";
    if (mine && seconds <= LAST_S && !warned) {
      warned = true;
      announce("One minute is left of your claim.");
    }
    const over = Date.parse(review.answer_by) <= Date.now();
    const focused = document.activeElement;
    take.hidden = runs || over;
    renew.hidden = release.hidden = decide.hidden = !mine;
    if (element.contains(focused) && focused.hidden) state.focus();
  }

  function lose() {
    error.textContent = "Your claim has run out. What you wrote is kept.";
    onLost();
  }

  const update = (fresh) => {
    review = fresh;
    show();
  };
  const ticking = setInterval(() => element.isConnected && show(), 1000);
  signal.addEventListener("abort", () => clearInterval(ticking));
  return { element, update };
}

function stateWords({ about, answer_by: by, claimed_by: who, mine }, runs, seconds) {
  if (Date.parse(by) <= Date.now()) return "The time to decide is over: it is rejected.";
  if (!runs) return `Nobody has it. Claim it to ${about === "images" ? "see the pictures and to " : ""}decide.`;
  return mine ? "It is yours for " : `${nameOf(who)} has it for ${duration(seconds)}.`;
}

function clock(seconds) {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
