// The form by which a reviewer decides: approve, reject or regenerate, and why.

import { MOST_WORDS } from "./appeal.js";
import { el } from "./dom.js";
import { countCharacters, textError } from "./form.js";
import { clearProblems, showProblem, showProblems } from "./problems.js";
import { ask, refusalWords } from "./reviewer.js";
import { forget, recall, remember } from "./store.js";

const TRIES = 4;
const WORDS = {
  approve: "Approve",
  reject: "Reject",
  regenerate: "Regenerate",
};

/** The form of a review; `onEnd` is called once the API has decided, or refused, what was sent. */
export function decisionForm(review, onEnd) {
  const open = review.images.filter(({ verdict }) => verdict === "review");
  const several = review.about === "images" && open.length > 1;
  const count = el("p", { class: "count", id: "decision-count" });
  const reason = el("textarea", {
    id: "decision-reason", name: "reason", rows: 3, dir: "auto", required: true,
    "aria-describedby": "decision-hint decision-count decision-reason-error",
  });
  const picked = el("fieldset", { id: "approved", "aria-describedby": "approved-hint approved-error", hidden: true },
    el("legend", {}, "Pictures to approve"),
    el("div", { class: "choices row" }, open.map(({ index }) => el("label", { class: "choice" },
      el("input", { type: "checkbox", name: "images", value: index }), `Picture ${index + 1}`))),
    el("p", { class: "hint", id: "approved-hint" }, review.images.some(({ verdict }) => verdict === "withheld")
      ? "This policy delivers all or none: unless each is approved, nothing goes out." : "The others stay withheld."),
    el("p", { class: "error", id: "approved-error", "data-error-of": "images" }));
  const button = el("button", { class: "main", id: "decide" }, "Decide");
  const form = el("form", { id: "decision-form", novalidate: true, "aria-label": "Decision", hidden: true },
    el("fieldset", { "aria-describedby": "decision-error" },
      el("legend", {}, "Decision"),
      el("div", { class: "choices" }, choices(review).map(([value, what]) => el("label", { class: "choice" },
        el("input", { type: "radio", name: "decision", value }),
        el("span", {}, WORDS[value], el("small", {}, what))))),
      el("p", { class: "error", id: "decision-error", "data-error-of": "decision" })),
    picked,
    el("div", { class: "field" },
      el("label", { for: "decision-reason" }, "Reason"),
      count,
      el("p", { class: "hint", id: "decision-hint" }, "For the record. The requester does not see it."),
      reason,
      el("p", { class: "error", id: "decision-reason-error", "data-error-of": "reason" })),
    button);

  const show = () => {
    const { value } = form.elements.decision;
    picked.hidden = !several || value !== "approve";
    button.textContent = WORDS[value] ?? "Decide";
  };
  const draft = recall("decision");
  if (draft?.id === review.review_id) {
    form.elements.decision.value = draft.decision;
    reason.value = draft.reason;
  }
  show();
  countCharacters(reason, count, MOST_WORDS);
  form.addEventListener("input", () => {
    const { decision } = form.elements;
    remember("decision", { id: review.review_id, decision: decision.value, reason: reason.value });
    show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") !== "true") decide();
  });

  async function decide() {
    const { value: decision } = form.elements.decision;
    const body = { decision, reason: reason.value.trim() };
    if (decision === "approve" && review.about === "images") {
      const ticked = new Set(new FormData(form).getAll("images").map(Number));
      body.images = open.map(({ index }) => index).filter((index) => !several || ticked.has(index));
    }
    const errors = [
      !decision && { field: "decision", message: "Choose a decision" },
      body.images?.length === 0 && { field: "images", message: "Choose the pictures to approve, or reject" },
      textError(reason, "The reason", MOST_WORDS),
    ].filter(Boolean);
    if (errors.length) return showProblems(form, "", errors);
    clearProblems(form);
    button.setAttribute("aria-disabled", "true");
    try {
      await ask(`/${review.review_id}/decision`, { method: "POST", body, tries: TRIES });
      forget("decision");
      onEnd("");
    } catch (problem) {
      if (problem.code !== "conflict" && problem.status !== 403) return showProblem(form, problem);
      const words = refusalWords(problem);
      showProblems(form, words);
      onEnd(words);
    } finally {
      button.setAttribute("aria-disabled", "false");
    }
  }

  return form;
}

function choices({ about, regenerable }) {
  const ofPrompt = about === "prompt";
  return [
    ["approve", ofPrompt ? "It goes on to the generator." : "It goes out to the requester."],
    ["reject", ofPrompt ? "Nothing is painted." : "It stays withheld."],
    !ofPrompt && regenerable && ["regenerate", "It is painted and judged again."],
  ].filter(Boolean);
}
