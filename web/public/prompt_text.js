// Prompts as the layers read them, and what was found in them.

import { el } from "./dom.js";

export const MOST_CHARACTERS = 2000;
// As shared/request.py has them; JavaScript's own \s is not Python's.
const CONTROLS = /[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]/g;
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;
// What draws nothing and may turn what follows around; not the joiners inside of emoji.
const INVISIBLE =
  /((?:[\p{Default_Ignorable_Code_Point}--[\u200D\p{Variation_Selector}]]|(?<!\p{Extended_Pictographic}\uFE0F?)\u200D))/v;

/** NFC, no control characters, white space as one space: spans count in this. */
export function normalised(text) {
  return text.replace(CONTROLS, "").normalize("NFC").replace(SPACES, " ").replace(/^ | $/g, "");
}

/** Characters as Python counts them: code points. */
export const characters = (text) => [...normalised(text)].length;

/** Those of `reasons` that name a place in the prompt, or in the negative prompt instead. */
export const placed = (reasons, inNegative = false) =>
  reasons.filter(({ span, category }) => span && (category === "negative_prompt") === inNegative);

/** A normalised text with the spans of its `reasons` marked and invisible characters named. */
export function highlighted(text, reasons) {
  const points = [...text];
  const part = (from, to) => named(points.slice(from, to).join(""));
  const found = reasons.toSorted((one, other) => one.span[0] - other.span[0]);
  const parts = [];
  let at = 0;
  for (const { span: [from, to], action } of found) {
    if (to <= at) continue;
    const start = Math.max(at, from);
    parts.push(part(at, start), el("mark", { class: action }, part(start, to)));
    at = to;
  }
  return el("p", { class: "reading", dir: "auto" }, parts.flat(), part(at));
}

function named(text) {
  return text.split(INVISIBLE).filter(Boolean).map((piece) => {
    if (!INVISIBLE.test(piece)) return piece;
    const number = piece.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return el("span", { class: "invisible" }, `U+${number}`);
  });
}
