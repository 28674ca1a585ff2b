// How the generator stands, told quietly: who asks for a picture should know if it takes minutes.

import { call } from "./api.js";
import { isReady } from "./auth.js";
import { byId } from "./dom.js";
import { plural } from "./words.js";

const EVERY_MS = 60_000;
const WORDS = {
  asleep: "The generator is asleep: the first picture takes some minutes.",
  waking: "The generator is waking up: pictures take some minutes.",
  failed: "The generator is out of order: requests may fail.",
  missing: "There is no generator: requests will fail.",
};

let health;

/** Looks now and once a minute, while the tab is looked at. */
export function watchHealth() {
  look();
  setInterval(look, EVERY_MS);
}

async function look() {
  if (document.hidden || !isReady()) return;
  try {
    health = (await call("/health")).body;
    tellGenerator();
  } catch {
    // A call that matters says what is wrong.
  }
}

/** Writes what is known wherever the page has a place for it. */
export function tellGenerator() {
  const { generator, version } = health ?? {};
  const words = WORDS[generator?.state] ?? "";
  for (const place of document.querySelectorAll("[data-generator]")) place.textContent = words;
  const waiting = generator?.backlog ? `, ${plural(generator.backlog, "picture")} waiting` : "";
  const state = words || (generator?.state === "in_service" ? `The generator is awake${waiting}.` : "");
  byId("health").textContent = [version && `Safelight ${version}.`, state].filter(Boolean).join(" ");
}
