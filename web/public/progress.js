// Following a request until it has ended, at a pace that costs little.

import { call, pause } from "./api.js";
import { announce, el } from "./dom.js";
import { duration, isOpen, STEPS } from "./words.js";

const FIRST_S = 0.7;
const LONGEST_S = 5;
const GROWTH = 1.3;
const REVIEW = ["ReviewRequest", "A person looks at it"];

/** Tells `onLook` what is new of a request, until it is no longer open. Throws Problem. */
export async function follow(id, signal, onLook) {
  let etag, wait = FIRST_S;
  for (;;) {
    await seen(signal);
    let asked = 0;
    try {
      const headers = etag ? { "If-None-Match": etag } : {};
      const answer = await call(`/images/${encodeURIComponent(id)}/events`, { headers, signal });
      asked = answer.retryAfter;
      wait = Math.min(wait * GROWTH, LONGEST_S);
      if (answer.status !== 304) {
        etag = answer.etag;
        onLook(answer.body);
        if (!isOpen(answer.body.status)) return;
      }
    } catch (problem) {
      if (signal.aborted || !problem.passing) throw problem;
      asked = problem.retryAfter;
      wait = Math.max(2 * wait, LONGEST_S);
    }
    await pause(Math.max(wait, asked), signal);
  }
}

/** Resolves when the tab is looked at: a hidden one asks nothing. */
export function seen(signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    if (!document.hidden) return resolve();
    const look = () => !document.hidden && resolve();
    document.addEventListener("visibilitychange", look, { signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** The steps as an ordered list that is kept up to date: {element, update(look)}. */
export function stepList() {
  const list = el("ol", { class: "steps live", "aria-label": "Progress" });
  const items = new Map([...STEPS, REVIEW].map(([stage, name]) => {
    const state = el("span", { class: "state" });
    return [stage, { state, item: el("li", {}, el("span", {}, name), state) }];
  }));
  let told, shown;
  const update = ({ events = [] }) => {
    const steps = stepsOf(events);
    const { current, attempt, states } = standing(steps, events);
    if (shown !== String(steps)) list.replaceChildren(...steps.map(([stage]) => items.get(stage).item));
    shown = String(steps);
    for (const [index, [stage]] of steps.entries()) {
      const { item, state } = items.get(stage);
      const { mark, text } = states[index];
      item.className = mark;
      state.textContent = text;
      if (index === current) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
    const news = current < 0 ? "" : stepWords(steps, current, attempt);
    if (news && news !== told) announce(news);
    told = news;
  };
  return { element: list, update };
}

/** The steps of all requests, with the newest review behind the step that led to it. What begins
 * with one is appealed against: its words are not filtered again, and rarely classified. */
function stepsOf(events) {
  const entered = new Set(events.map(({ stage }) => stage));
  const review = events.findLastIndex(({ stage }) => stage === REVIEW[0]);
  if (review < 0) return STEPS;
  const appealed = !events.slice(0, review).some(({ stage }) => stage === "FilterKeywords");
  const steps = STEPS.filter(([stage]) => !appealed || entered.has(stage)
    || !["FilterKeywords", "ClassifyPrompt"].includes(stage));
  const known = steps.map(([stage]) => stage);
  const before = events.slice(0, review).findLast(({ stage }) => known.includes(stage));
  return steps.toSpliced(known.indexOf(before?.stage) + 1, 0, REVIEW);
}

function stepWords(steps, index, attempt) {
  const again = attempt > 1 ? `, attempt ${attempt}` : "";
  return `Step ${index + 1} of ${steps.length}: ${steps[index][1]}${again}`;
}

/** {current, attempt, states} by the states that the execution has entered so far. */
function standing(steps, events) {
  const last = events.at(-1);
  const attempt = Math.max(1, ...events.map((event) => event.attempt ?? 1));
  // Before there is an event it is accepted; behind the last step what follows is not the reader's.
  const current = last ? steps.findIndex(([stage]) => stage === last.stage) : 0;
  const paints = steps.findIndex(([stage]) => stage === "GenerateImages");
  const states = steps.map(([stage], index) => {
    const at = events.findLastIndex((event) => event.stage === stage);
    const again = attempt > 1 && index >= paints ? `, attempt ${attempt}` : "";
    if (index === current) return { mark: "now", text: `now${again}` };
    if (at < 0 || (current >= 0 && index > current)) return { mark: "", text: "" };
    const seconds = (Date.parse(events[at + 1]?.at) - Date.parse(events[at].at)) / 1000;
    return { mark: "done", text: seconds >= 0.05 ? `done in ${took(seconds)}` : "done" };
  });
  return { current, attempt, states };
}

const took = (seconds) => (seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds));
