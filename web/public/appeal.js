// The requester's side of reviews: appealing once against a refusal, and what people decided.

import { call, pause } from "./api.js";
import { el, moment, written } from "./dom.js";
import { countCharacters, textError } from "./form.js";
import { reload } from "./page.js";
import { clearProblems, showProblem, showProblems } from "./problems.js";
import { aboutWords, decisionWords } from "./words.js";

export const MOST_WORDS = 1000;
const TRIES = 4;
const MOST_LOOKS = 60;

/** The form of an appeal, where the request may be appealed against; nothing elsewhere. */
export function appealSection(record) {
  if (!record.appealable) return null;
  const count = el("p", { class: "count", id: "appeal-count" });
  const message = el("textarea", {
    id: "appeal-message", name: "message", rows: 3, dir: "auto", required: true,
    "aria-describedby": "appeal-hint appeal-count appeal-error",
  });
  const button = el("button", { id: "send-appeal" }, "Appeal");
  const form = el("form", { class: "narrow", id: "appeal-form", novalidate: true },
    el("div", { class: "field" },
      el("label", { for: "appeal-message" }, "Message to the reviewer"),
      count,
      el("p", { class: "hint", id: "appeal-hint" }, "Why should it pass? It is kept with the request."),
      message,
      el("p", { class: "error", id: "appeal-error", "data-error-of": "message" })),
    button);
  countCharacters(message, count, MOST_WORDS);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") !== "true") send(record.request_id, form, button);
  });
  return el("section", { class: "grounds", id: "appeal" },
    el("h2", {}, "Is this a mistake?"),
    el("p", {}, "Appeal, and a person looks at it again. That is possible once, and may take hours."),
    form);
}

async function send(id, form, button) {
  const { message } = form.elements;
  const error = textError(message, "The message", MOST_WORDS);
  if (error) return showProblems(form, "", [error]);
  clearProblems(form);
  button.setAttribute("aria-disabled", "true");
  button.textContent = "Sending …";
  try {
    const path = `/images/${encodeURIComponent(id)}`;
    const { body: { run } } = await call(`${path}/appeal`, {
      method: "POST", body: { message: message.value.trim() }, tries: TRIES,
    });
    await begun(path, run, form);
    // Whoever went elsewhere meanwhile stays there.
    if (form.isConnected) reload();
  } catch (problem) {
    if (problem.code === "conflict") showProblems(form, `${problem.message} Load the page again to see how it stands.`);
    else showProblem(form, problem);
  } finally {
    button.setAttribute("aria-disabled", "false");
    button.textContent = "Appeal";
  }
}

/** Waits until the record is of the run that hears the appeal. */
async function begun(path, run, form) {
  for (let looks = 0; looks < MOST_LOOKS && form.isConnected; looks++) {
    const { body } = await call(path, { tries: TRIES });
    if (body.run >= run) return;
    await pause(1);
  }
}

/** What the requester wrote, where they have appealed. */
export function appealed({ appeal }) {
  if (!appeal) return null;
  return el("section", { class: "grounds", id: "appealed" },
    el("h2", {}, "Your appeal"),
    el("blockquote", {}, written(appeal.message)),
    el("p", { class: "soft" }, "Sent ", moment(appeal.at)));
}

/** What people decided about a request, oldest first. */
export function reviewed({ reviews }) {
  if (!reviews?.length) return null;
  return el("section", { class: "grounds", id: "reviewed" },
    el("h2", {}, "What people decided"),
    el("ol", { class: "decisions" }, reviews.map(({ about, decision, at }) => {
      const { tone, short } = decisionWords(decision);
      return el("li", {}, el("span", { class: `badge ${tone}` }, short), ` ${aboutWords(about)}, `, moment(at));
    })));
}
