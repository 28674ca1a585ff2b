// The desk's lists: what waits for a decision, oldest first, and what was decided, newest first.

import { announce, byId, el, moment } from "./dom.js";
import { focusTitle, showView } from "./page.js";
import { ask, keepLooking, nameOf } from "./reviewer.js";
import { aboutWords, categoryWords, duration, outcomeWords, plural } from "./words.js";

const TRIES = 4;
const A_PAGE = 50;
// Of the time to decide, what is left when it becomes urgent.
const URGENT = 0.1;
const view = byId("view-reviews");
const LISTS = [["", "Waiting"], ["decided", "Decided"]];

/** Shows a list ("" or "decided") and keeps it up to date. `who` tells who sits here. */
export async function showQueue(name, who, signal) {
  showView("reviews", "Review desk", "Reviewers decide what the policy leaves to people.");
  const list = el("ol", { class: "queue", id: "reviews", "aria-label": name ? "Decided" : "Waiting" });
  const empty = el("p", { class: "empty", id: "no-reviews", hidden: true },
    name ? "Nothing was decided yet." : "Nothing waits. The list looks for itself every few seconds.");
  const more = el("button", { type: "button", id: "more-reviews", hidden: true }, "Show more");
  view.replaceChildren(tabs(name), ...[who, list, empty, more].filter(Boolean));

  let pages = 1;
  const look = async (tries) => {
    const { reviews, goesOn } = await read(name, pages, signal, tries);
    const arrived = show(list, reviews.map(row));
    empty.hidden = reviews.length > 0;
    more.hidden = !goesOn;
    return arrived;
  };
  more.addEventListener("click", async () => {
    const before = list.childElementCount;
    pages += 1;
    await look(TRIES).catch(() => announce("More could not be read. Try again."));
    list.children[before]?.querySelector("a").focus();
  });
  await look(TRIES);
  await keepLooking(signal, async () => {
    const arrived = await look(1);
    if (arrived && !name) announce(`${plural(arrived, "review")} new in the list`);
  });
}

function tabs(name) {
  return el("nav", { class: "tabs", "aria-label": "Review desk" }, LISTS.map(([place, text]) =>
    el("a", { href: `#/reviews${place && `/${place}`}`, "aria-current": place === name && "page" }, text)));
}

async function read(name, pages, signal, tries) {
  const reviews = [];
  let cursor;
  for (let page = 0; page < pages; page++) {
    const query = new URLSearchParams({ queue: name || "open", limit: A_PAGE, ...(cursor && { cursor }) });
    const { body } = await ask(`?${query}`, { signal, tries });
    reviews.push(...body.reviews);
    cursor = body.next_cursor;
    if (!cursor) break;
  }
  return { reviews, goesOn: Boolean(cursor) };
}

/** Makes `list` hold these rows and says how many are new. What stays keeps its element, and the focus. */
function show(list, rows) {
  const had = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const now = rows.map((fresh) => {
    const old = had.get(fresh.dataset.id);
    if (!old) return fresh;
    if (!old.isEqualNode(fresh)) old.firstChild.replaceChildren(...fresh.firstChild.childNodes);
    return old;
  });
  const same = now.length === list.childElementCount && now.every((item, at) => item === list.children[at]);
  if (!same) {
    const focused = document.activeElement;
    const at = [...list.children].findIndex((item) => item.contains(focused));
    list.replaceChildren(...now);
    if (at >= 0) (list.contains(focused) ? focused : now[Math.min(at, now.length - 1)]?.firstChild)?.focus();
    if (at >= 0 && !now.length) focusTitle();
  }
  return had.size ? now.filter(({ dataset }) => !had.has(dataset.id)).length : 0;
}

function row(review) {
  const why = new Set(review.reasons.map(({ category }) => categoryWords(category)));
  return el("li", { "data-id": review.review_id }, el("a", { href: `#/reviews/${encodeURIComponent(review.review_id)}` },
    el("span", { class: "about" },
      el("span", { class: "badges" },
        el("span", { class: "badge open" }, aboutWords(review.about)),
        review.appealed && el("span", { class: "badge withheld" }, "Appeal")),
      el("span", { class: "prompt" }, [...why].join(", ")),
      el("span", { class: "soft" }, "Since ", moment(review.opened_at),
        review.requester && ", asked by ", review.requester && el("bdi", {}, review.requester))),
    el("span", { class: "stand" }, review.status === "OPEN" ? standing(review) : ending(review))));
}

function standing(review) {
  const left = (Date.parse(review.answer_by) - Date.now()) / 1000;
  const whole = (Date.parse(review.answer_by) - Date.parse(review.opened_at)) / 1000;
  return [
    el("span", { class: left < whole * URGENT ? "left urgent" : "left" },
      left > 0 ? `${duration(left)} left` : "Time is up: rejected soon"),
    el("span", { class: "claim soft" }, claimWords(review)),
  ];
}

function claimWords({ mine, claimed_by: by, claim_until: until }) {
  const left = (Date.parse(until) - Date.now()) / 1000;
  if (!by) return "Free";
  if (!(left > 0)) return `Free: the claim of ${nameOf(by)} has run out`;
  return mine ? `Yours for ${duration(left)}` : `${nameOf(by)} has it for ${duration(left)}`;
}

function ending(review) {
  const { status, decided_by: by, decided_at: at, heard } = review;
  const { tone, short } = outcomeWords(review);
  return [
    el("span", { class: `badge ${tone}` }, short),
    el("span", { class: "soft" }, by && el("bdi", {}, nameOf(by)), by && ", ", at && moment(at)),
    status === "DECIDED" && heard === false && el("span", { class: "soft" }, "The request is not told yet"),
  ];
}
