// The start: configuration, who asks, and which view an address shows.

import { configure, Problem } from "./api.js";
import * as auth from "./auth.js";
import { byId, el } from "./dom.js";
import { prepareForm } from "./form.js";
import { watchHealth } from "./health.js";
import { showHistory } from "./history.js";
import { focusTitle, showView } from "./page.js";
import { preparePlayground, showPlayground } from "./playground.js";
import { problemText } from "./problems.js";
import { showRequest } from "./result.js";

const REQUEST = /^#\/images\/([\w.-]{1,200})$/;
const DESK = /^#\/reviews(?:\/(decided|[0-9a-f]{40}))?$/;
let leave = new AbortController();

/** Shows what the address names. Links within a page have no slash and are not for the router. */
async function route(focus) {
  if (location.hash && !location.hash.startsWith("#/")) return;
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  markCurrent();
  byId("sign-out").hidden = auth.kind() === "none" || !auth.isReady();
  try {
    const shown = show(signal);
    if (focus) focusTitle();
    await shown;
  } catch (problem) {
    if (!signal.aborted) showMessage(problem);
  }
}

async function show(signal) {
  if (!auth.isReady()) return showSignIn();
  const request = REQUEST.exec(location.hash);
  if (request) return showRequest(request[1], signal);
  const desk = DESK.exec(location.hash);
  if (desk) return openDesk(desk[1] ?? "", signal);
  if (location.hash === "#/history") return showHistory(signal);
  if (location.hash === "#/playground") return showPlayground();
  if (location.hash && location.hash !== "#/") throw new Problem(404, undefined, 0);
  showView("new", "Describe a picture", "Words and pictures are checked before anybody sees them.");
}

/** Most who open the page are no reviewers: its modules are loaded when somebody is. */
async function openDesk(name, signal) {
  showView("reviews", "Review desk", "");
  const desk = await import("./desk.js").catch(() => {
    throw new Problem(0, { detail: "The review desk could not be loaded." }, 0);
  });
  if (!signal.aborted) await desk.showDesk(name, signal);
}

function markCurrent() {
  for (const link of document.querySelectorAll("nav a, #to-reviews")) {
    const is = link.hash === (location.hash || "#/");
    if (is) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function showMessage(problem) {
  const gone = problem.status === 404;
  showView("message", gone ? "Not found" : "That did not work",
    gone ? "There is nothing under this address, or it is somebody else’s." : problemText(problem));
  byId("view-message").replaceChildren(el("p", { class: "actions" },
    !gone && el("button", { type: "button", class: "main", onclick: () => route(true) }, "Try again"),
    el("a", { href: "#/" }, "New request")));
}

function showSignIn() {
  const byKey = auth.kind() === "key";
  showView("sign-in", byKey ? "Your API key" : "Sign in",
    byKey
      ? "This API knows its callers by a key. Whoever runs it gives you one."
      : "This API knows its callers by their account.");
  byId("key-form").hidden = !byKey;
  byId("sign-in").hidden = byKey;
  byId("sign-in-error").textContent = "";
}

function prepareSignIn() {
  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = event.target.elements.api_key;
    const key = input.value.trim();
    byId("api-key-error").textContent = key ? "" : "The key is missing";
    input.setAttribute("aria-invalid", String(!key));
    if (!key) return input.focus();
    input.value = "";
    auth.useKey(key);
    route(true);
  });
  byId("sign-in").addEventListener("click", auth.signIn);
  byId("sign-out").addEventListener("click", auth.signOut);
}

const CONNECTION = {
  lost: "The server does not answer. What you wrote is kept.",
  offline: "You are offline. Nothing is lost: the page goes on when the connection is back.",
  slow: "The network is slow. Still waiting.",
};

function tellConnection(state) {
  const words = CONNECTION[navigator.onLine ? state : "offline"] ?? "";
  const place = byId("connection");
  if (place.textContent !== words) place.textContent = words;
}

async function configuration() {
  const response = await fetch("config.json");
  if (!response.ok) throw new Problem(response.status, undefined, 0);
  return response.json();
}

async function start() {
  addEventListener("online", () => tellConnection("ok"));
  addEventListener("offline", () => tellConnection("offline"));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
  prepareForm();
  preparePlayground();
  prepareSignIn();
  let config;
  try {
    config = await configuration();
  } catch {
    showView("message", "That did not work", "The page’s configuration could not be read.");
    const reload = { type: "button", class: "main", onclick: () => location.reload() };
    return byId("view-message").replaceChildren(el("button", reload, "Try again"));
  }
  configure(config.api, tellConnection);
  auth.useAuth(config.auth, () => {
    route(false);
    byId("sign-in-error").textContent = "The API did not take your sign-in. Sign in again.";
  });
  byId("stand-ins").hidden = !config.stand_ins;
  byId("to-reviews").hidden = !config.reviews;
  if (!auth.isKnown()) {
    return showView("message", "This page cannot sign in here",
      `The API knows its callers by “${auth.kind()}”, which a page cannot show it.`);
  }
  let error = "";
  await auth.finishSignIn().catch((problem) => { error = problem.message; });
  addEventListener("hashchange", () => route(true));
  route(false);
  if (error) byId("sign-in-error").textContent = error;
  watchHealth();
}

start();
