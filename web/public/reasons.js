// Reasons and warnings as a list: what objected to what, by how much, by which rule.

import { el, facts } from "./dom.js";
import { actionWords, categoryWords, decider, humanised, why } from "./words.js";

/** A section with a heading and the list; nothing where there is nothing to tell. */
export function reasonSection(title, reasons) {
  if (!reasons?.length) return null;
  return el("section", { class: "grounds" },
    el("h2", {}, title),
    reasonList(reasons));
}

/** `<ul>` of reasons; what differs in its place in the prompt alone is told once. */
export function reasonList(reasons) {
  const told = ({ span, ...reason }) => JSON.stringify(reason);
  const alike = [...Map.groupBy(reasons, told).values()];
  return el("ul", { class: "reasons" }, alike.map(([reason, ...others]) => el("li", { class: `reason ${reason.action}` },
    el("p", { class: "what" },
      el("strong", {}, categoryWords(reason.category)),
      others.length > 0 && el("span", { class: "severity" }, `${others.length + 1} times`),
      reason.severity && el("span", { class: "severity" }, `${reason.severity} severity`)),
    el("p", {}, el("bdi", {}, why(reason))),
    reason.score != null && meter(reason.score, reason.threshold),
    facts([
      // A technical failure decides nothing.
      [reason.action === "fail" ? "Stage" : "Decided by", decider(reason.stage)],
      ["Rule", reason.rule && el("code", {}, reason.rule)],
      ["Label", reason.label && el("bdi", {}, reason.label)],
      ["Under", reason.parent && reason.parent !== reason.label ? reason.parent : ""],
      ["Field", reason.field && el("code", {}, reason.field)],
      ["Picture", reason.image == null ? "" : reason.image + 1],
      ["What follows", actionWords(reason)],
    ]))));
}

/** `<ul>` of a classifier's scores by label, highest first; nothing where there are none. */
export function scoreList(scores) {
  const sorted = Object.entries(scores ?? {}).sort(([, one], [, other]) => other - one);
  if (!sorted.length) return null;
  return el("ul", { class: "scores" }, sorted.map(([label, score]) =>
    el("li", {}, el("span", {}, humanised(label)), meter(score))));
}

/** A score from 0 to 1, and from where on it counts. */
function meter(score, threshold) {
  const bar = el("span", { class: "bar", "aria-hidden": "true" }, el("span", { class: "fill" }));
  bar.style.setProperty("--score", score);
  if (threshold != null) {
    bar.append(el("span", { class: "limit" }));
    bar.style.setProperty("--limit", threshold);
  }
  const text = `Score ${score.toFixed(2)}${threshold == null ? "" : `, counts from ${threshold.toFixed(2)}`}`;
  return el("p", { class: "meter" }, bar, el("span", {}, text));
}
