// Reasons and warnings as a list: what objected to what, by how much, by which rule.

import { el, facts } from "./dom.js";
import { actionWords, categoryWords, decider, humanised, why } from "./words.js";

/** A section with a heading and the list; nothing where there is nothing to tell. */
export function reasonSection(title, reasons, kind = "reason") {
  if (!reasons?.length) return null;
  return el("section", { class: "grounds" },
    el("h2", {}, title),
    reasonList(reasons, kind));
}

/** `<ul>` of reasons. */
export function reasonList(reasons, kind = "reason") {
  return el("ul", { class: "reasons" }, reasons.map((reason) => el("li", { class: `reason ${kind}` },
    el("p", { class: "what" },
      el("strong", {}, categoryWords(reason.category)),
      reason.severity && el("span", { class: "severity" }, `${reason.severity} severity`)),
    el("p", {}, el("bdi", {}, why(reason))),
    reason.score != null && meter(reason.score, reason.threshold),
    facts([
      ["Decided by", decider(reason.stage)],
      ["Rule", reason.rule && humanised(reason.rule)],
      ["Label", reason.label && el("bdi", {}, reason.label)],
      ["Under", reason.parent && reason.parent !== reason.label ? reason.parent : ""],
      ["Field", reason.field && humanised(reason.field)],
      ["Picture", reason.image == null ? "" : reason.image + 1],
      ["What follows", actionWords(reason.action)],
    ]))));
}

/** A score from 0 to 1, and from where on it counts. */
export function meter(score, threshold) {
  const bar = el("span", { class: "bar", "aria-hidden": "true" }, el("span", { class: "fill" }));
  bar.style.setProperty("--score", score);
  if (threshold != null) {
    bar.append(el("span", { class: "limit" }));
    bar.style.setProperty("--limit", threshold);
  }
  const text = `Score ${score.toFixed(2)}${threshold == null ? "" : `, counts from ${threshold.toFixed(2)}`}`;
  return el("p", { class: "meter" }, bar, el("span", {}, text));
}
