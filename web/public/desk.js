// The review desk: who may sit at it, and which of its views an address shows. Loaded when opened.

import { kind, signOut } from "./auth.js";
import { byId, el } from "./dom.js";
import { focusTitle, reload, showView } from "./page.js";
import { problemText } from "./problems.js";
import { showQueue } from "./queue.js";
import { showReview } from "./review.js";
import { forgetName, namesThemselves, reviewerName, useName } from "./reviewer.js";

const view = byId("view-reviews");

/** Shows the desk: "" is the queue, "decided" what was decided, and else a review by its id. */
export async function showDesk(name, signal) {
  view.replaceChildren();
  if (namesThemselves() && !reviewerName()) return askName();
  try {
    await (name === "" || name === "decided" ? showQueue(name, who(), signal) : showReview(name, signal));
  } catch (problem) {
    if (signal.aborted) throw problem;
    // Of what may no longer be seen nothing stays, hidden either.
    for (const place of [view, byId("view-review")]) place.replaceChildren();
    if (problem.status === 403) return refuse(problem);
    if (problem.status === 404 && name.length !== 40) return tell("No review desk here", problemText(problem));
    throw problem;
  }
}

/** Who sits here, where reviewers name themselves. */
function who() {
  if (!namesThemselves()) return null;
  const change = () => {
    forgetName();
    reload();
  };
  return el("p", { class: "hint who" },
    "You are ", el("bdi", {}, reviewerName()), " here. ",
    el("button", { type: "button", class: "plain", id: "change-name", onclick: change }, "Change name"));
}

function askName() {
  showView("reviews", "Review desk", "Reviewers decide what the policy leaves to people.");
  const name = el("input", {
    id: "reviewer-name", name: "reviewer", autocomplete: "nickname", maxlength: 64, required: true,
    "aria-describedby": "reviewer-name-hint reviewer-name-error",
  });
  const error = el("p", { class: "error", id: "reviewer-name-error" });
  const submit = (event) => {
    event.preventDefault();
    if (useName(name.value.trim())) return reload();
    error.textContent = "A name has 1 to 64 of the letters A to Z, digits, dots, hyphens and underscores.";
    name.setAttribute("aria-invalid", "true");
    name.focus();
  };
  view.replaceChildren(el("form", { class: "narrow", id: "reviewer-form", novalidate: true, onsubmit: submit },
    el("div", { class: "field" },
      el("label", { for: "reviewer-name" }, "Your name"),
      el("p", { class: "hint", id: "reviewer-name-hint" }, "It is kept with each decision."),
      name,
      error),
    el("button", { class: "main" }, "Go to the desk")));
}

function refuse(problem) {
  const signIn = kind() !== "none" && el("button", { type: "button", onclick: signOut }, "Sign in as somebody else");
  tell("For reviewers only", "Whoever runs this service says who reviews. You are not among them.", signIn,
    el("p", { class: "hint", id: "desk-refusal" }, problemText(problem)));
}

/** Instead of the desk. */
function tell(title, lead, action = null, note = null) {
  showView("reviews", title, lead);
  view.replaceChildren(...[note, el("p", { class: "actions" }, action, el("a", { href: "#/" }, "New request"))].filter(Boolean));
  focusTitle();
}
