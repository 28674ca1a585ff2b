// Earlier requests of the same requester, newest first.

import { call } from "./api.js";
import { announce, byId, el, moment, written } from "./dom.js";
import { showView } from "./page.js";
import { normalised } from "./prompt_text.js";
import { asked } from "./store.js";
import { categoryWords, isOpen, plural, statusWords } from "./words.js";

const TRIES = 4;
const list = byId("requests");
const more = byId("more");

/** Shows the first page; the button brings further ones. */
export async function showHistory(signal) {
  showView("history", "History",
    "Your requests, newest first. Of what was withheld there are blurred previews at most.");
  list.replaceChildren();
  byId("no-requests").hidden = more.hidden = true;
  let cursor = await add(undefined, signal);
  byId("no-requests").hidden = list.childElementCount > 0;
  more.onclick = async () => {
    const before = list.childElementCount;
    cursor = await add(cursor, signal).catch(() => {
      announce("The older requests could not be read. Try again.");
      return cursor;
    });
    list.children[before]?.querySelector("a").focus();
  };
}

async function add(cursor, signal) {
  const query = new URLSearchParams({ limit: 20, ...(cursor && { cursor }) });
  const { body } = await call(`/images?${query}`, { signal, tries: TRIES });
  list.append(...body.requests.map(row));
  more.hidden = !body.next_cursor;
  return body.next_cursor;
}

function row(request) {
  const { tone, short } = statusWords(request.status);
  const prompt = normalised(asked(request.request_id)?.prompt ?? request.prompt ?? "");
  const why = new Set((request.reasons ?? []).map(({ category }) => categoryWords(category)));
  return el("li", {}, el("a", { href: `#/images/${encodeURIComponent(request.request_id)}` },
    frame(request),
    el("span", { class: "about" },
      el("span", { class: `badge ${tone}` }, short),
      el("span", { class: "prompt" }, prompt ? written(prompt) : el("code", {}, request.request_id.slice(-8))),
      el("span", { class: "soft" }, moment(request.created_at),
        request.images > 0 && `, ${plural(request.images, "picture")}`,
        why.size > 0 && `, ${[...why].join(", ")}`))));
}

function frame(request) {
  const mark = isOpen(request.status) ? "…" : "—";
  const empty = el("span", { class: "frame empty", "aria-hidden": "true" }, mark);
  if (!request.preview) return empty;
  const image = el("img", { class: "frame", src: request.preview, alt: "", loading: "lazy" });
  // Its link may have expired by the time it is scrolled to.
  image.addEventListener("error", () => image.replaceWith(empty), { once: true });
  return image;
}
