// What went wrong, where it can be put right: beside the field, and in a summary that links there.

import { el } from "./dom.js";
import { duration, sentence } from "./words.js";

/** Takes away what an earlier try left. */
export function clearProblems(form) {
  form.querySelector(".problems")?.remove();
  for (const error of form.querySelectorAll(".error")) error.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/** Shows `errors` [{field, message}] beside their fields, and `text` where there is none for one. */
export function showProblems(form, text, errors = []) {
  clearProblems(form);
  const items = errors.map(({ field, message }) => {
    const full = sentence(message);
    const input = inputOf(form, field);
    const place = form.querySelector(`[data-error-of="${CSS.escape(field)}"]`);
    if (!input || !place) return el("li", {}, full);
    place.textContent = full;
    if (input.type !== "radio") input.setAttribute("aria-invalid", "true");
    const link = el("a", { href: "#", onclick: (event) => {
      event.preventDefault();
      input.focus();
    } }, full);
    return el("li", {}, link);
  });
  const titleId = `${form.id}-problems`;
  const summary = el("div", { class: "problems", role: "group", tabindex: "-1", "aria-labelledby": titleId },
    el("h2", { id: titleId }, "There is a problem"),
    (items.length === 0 || text) && el("p", {}, text),
    items.length > 0 && el("ul", {}, items));
  form.prepend(summary);
  summary.focus();
  summary.scrollIntoView({ block: "nearest" });
}

/** The same for a Problem of the API, with what to do about it. */
export function showProblem(form, problem) {
  const errors = problem.errors.filter(({ field, message }) => field && message);
  showProblems(form, errors.length ? "" : problemText(problem), errors);
}

export function problemText(problem) {
  if (!problem.retryAfter) return problem.message;
  return `${problem.message} Try again in ${duration(problem.retryAfter)}${clock(problem.retryAfter)}.`;
}

/** For long waits, when that is. */
function clock(seconds) {
  if (seconds < 3600) return "";
  const then = new Date(Date.now() + seconds * 1000);
  return `, after ${new Intl.DateTimeFormat("en", { timeStyle: "short" }).format(then)}`;
}

function inputOf(form, field) {
  const found = form.elements[field];
  const input = found instanceof RadioNodeList ? found[0] : found;
  return input && !input.closest("[hidden]") ? input : undefined;
}
