// One request: its progress while it is open, then what came of it.

import { call, pause } from "./api.js";
import { announce, byId, el, facts, moment, table, written } from "./dom.js";
import { appealed, appealSection, reviewed } from "./appeal.js";
import { fillFrom } from "./form.js";
import { tellGenerator } from "./health.js";
import { focusTitle, retitle, showView } from "./page.js";
import { follow, stepList } from "./progress.js";
import { highlighted, normalised, placed } from "./prompt_text.js";
import { reasonSection } from "./reasons.js";
import { asked, remember } from "./store.js";
import {
  attemptWords, decider, duration, humanised, isOpen, plural, statusWords, STEPS, verdictWords,
} from "./words.js";

// Links are renewed a little before they expire.
const MARGIN_MS = 10_000;
const TRIES = 4;
const APPEALED = {
  title: "Your appeal is with a reviewer",
  text: "A person looks at it again. That may take hours. You may leave: the history has it.",
};
const view = byId("view-request");

/** Shows the request of an id until `signal` ends it. */
export async function showRequest(id, signal) {
  showView("request", "Looking it up", "");
  view.replaceChildren();
  let record = await read(id, signal);
  if (isOpen(record.status)) {
    await watch(record, signal);
    record = await read(id, signal);
    // Whoever is at something else, such as the theme, is told and stays there.
    const focused = document.activeElement;
    const waits = focused === document.body || byId("main").contains(focused);
    showResult(record);
    if (waits) focusTitle();
    else announce(statusWords(record.status).title);
  } else {
    showResult(record);
  }
  await keepLinks(id, record, signal);
}

async function read(id, signal) {
  const { body } = await call(`/images/${encodeURIComponent(id)}`, { signal, tries: TRIES });
  return body;
}

async function watch(record, signal) {
  const prompt = promptOf(record);
  const about = el("div", {}, prompt && quote(prompt), el("dl"));
  let told;
  const tell = (status) => {
    if (status === told) return;
    told = status;
    const { title, text } = status === "IN_REVIEW" && record.appeal ? APPEALED : statusWords(status);
    retitle(title, text);
    about.lastChild.replaceWith(requestFacts({ ...record, status }));
  };
  const steps = stepList();
  const since = el("p", { class: "hint" });
  const began = Date.parse(record.created_at) || Date.now();
  const tick = () => {
    since.textContent = `Under way for ${duration((Date.now() - began) / 1000)}.`;
  };
  const clock = setInterval(tick, 1000);
  tick();
  steps.update({});
  view.replaceChildren(el("div", { class: "beside" },
    el("div", {}, steps.element, since, el("p", { class: "hint", "data-generator": true })),
    about));
  tell(record.status);
  tellGenerator();
  try {
    await follow(record.request_id, signal, (look) => {
      steps.update(look);
      if (isOpen(look.status)) tell(look.status);
    });
  } finally {
    clearInterval(clock);
  }
}

function showResult(record) {
  const { tone, next } = statusWords(record.status);
  retitle(titleOf(record), leadOf(record));
  const parts = [
    el("div", { class: "outcome" },
      el("p", {}, el("code", { class: `badge ${tone}` }, record.status)),
      next && el("p", {}, next)),
    pictures(record),
    actions(record),
    prompt(record),
    reasonSection("Why", record.reasons),
    appealSection(record),
    appealed(record),
    reviewed(record),
    reasonSection("Warnings", record.warnings),
    details(record),
  ];
  view.replaceChildren(...parts.filter(Boolean));
}

function titleOf(record) {
  if (record.status !== "COMPLETED") return statusWords(record.status).title;
  const [ready, all] = [delivered(record), record.images.length];
  if (ready < all) return `${ready} of ${plural(all, "picture")} ready`;
  return ready === 1 ? "Your picture is ready" : `Your ${ready} pictures are ready`;
}

function leadOf(record) {
  const { status, images = [] } = record;
  if (status !== "COMPLETED") return statusWords(status).text;
  if (delivered(record) < images.length) {
    return "What passed is delivered. The rest is withheld; the warnings say why.";
  }
  return images.some(isApproved)
    ? "A person looked at what the policy leaves open, and let it pass." : statusWords(status).text;
}

/** Whether a picture is shown because a person let it pass: what spoke against it is a warning. */
const isApproved = ({ url, reasons }) => url && reasons?.some(({ action }) => action === "review");
const delivered = (record) => record.images.filter(({ url }) => url).length;

function actions(record) {
  const body = bodyOf(record);
  if (!body) {
    return el("p", { class: "actions" }, el("a", { class: "main", href: "#/" }, "New request"));
  }
  const asIs = ["FAILED", "EXPIRED", "REFUSED"].includes(record.status);
  const blocked = record.status === "BLOCKED_PROMPT";
  const toTry = { href: "#/playground", onclick: () => remember("trial", body) };
  return el("p", { class: "actions" },
    el("a", { class: "main", href: "#/", onclick: () => fillFrom(body) },
      asIs ? "Ask again" : "Change it and ask again"),
    blocked && el("a", toTry, "See how it is read"));
}

/** What was asked, as far as the record or this tab knows it. */
function bodyOf(record) {
  return asked(record.request_id) ?? (record.prompt ? { prompt: record.prompt } : undefined);
}

const promptOf = (record) => normalised(bodyOf(record)?.prompt ?? "");
const quote = (prompt) => el("blockquote", {}, written(prompt));

function prompt(record) {
  const text = promptOf(record);
  if (!text) return null;
  const negative = normalised(bodyOf(record).negative_prompt ?? "");
  const found = [...record.reasons, ...record.warnings];
  return el("section", { class: "asked" },
    el("h2", {}, "What was asked"),
    marked(text, placed(found)),
    negative && el("h3", {}, "Negative prompt"),
    negative && marked(negative, placed(found, true)));
}

const marked = (text, reasons) => (reasons.length ? highlighted(text, reasons) : quote(text));

function pictures(record) {
  const images = record.images ?? [];
  if (!images.length) return null;
  return el("div", { class: `pictures of-${images.length}` },
    images.map((image) => (image.url ? delivery(image, record) : withheld(image))));
}

function delivery(image, record) {
  const number = image.index + 1;
  const about = promptOf(record);
  const of = `Picture ${number} of ${record.images.length}`;
  return el("figure", {},
    img(image, image.url, about ? `${of}: ${about}` : of),
    el("figcaption", {},
      el("span", {}, `Picture ${number}, ${isApproved(image) ? "approved by a person" : verdictWords(image.verdict)}`),
      image.width && el("span", { class: "soft" }, `${image.width} × ${image.height}`),
      el("a", {
        href: image.url, target: "_blank", rel: "noopener",
        "aria-label": `Open picture ${number} in full size`,
      }, "Full size")));
}

function withheld(image) {
  const number = image.index + 1;
  const labels = [...new Set((image.reasons ?? []).map(({ label }) => label).filter(Boolean))];
  const seen = labels.length ? `: ${labels.join(", ")}` : "";
  const preview = image.preview_url;
  return el("figure", { class: "withheld" },
    preview
      ? img(image, preview, `Blurred preview of picture ${number}, which is withheld`)
      : el("div", { class: "no-picture" }, "No preview"),
    el("figcaption", {},
      el("span", {},
        el("strong", {}, "Withheld"),
        ` Picture ${number}, ${verdictWords(image.verdict)}${seen}.`),
      preview && el("span", { class: "soft" },
        "The server blurred this preview. The picture itself does not leave it.")));
}

const img = ({ width, height }, src, alt) => el("img", { src, alt, width, height, decoding: "async" });

function details(record) {
  const timings = STEPS.filter(([stage]) => record.timings?.[stage] != null);
  return el("details", {},
    el("summary", {}, "How it was made and judged"),
    requestFacts(record),
    table("Attempts", ["Attempt", "Outcome", "Labels", "Added to the negative prompt", "Time"],
      (record.attempts ?? []).map((attempt) => [
        attempt.n, attemptWords(attempt.verdict), attempt.labels?.join(", ") || "none",
        attempt.negative_prompt_added?.join(", ") || "nothing", milliseconds(attempt.ms),
      ])),
    table("Time per stage", ["Stage", "Time"],
      timings.map(([stage, name]) => [name, milliseconds(record.timings[stage])])),
    table("Earlier runs", ["Run", "Ended", "Stage"],
      (record.history ?? []).map((run) => [run.run, statusWords(run.status).short, decider(run.stage)])));
}

function requestFacts(record) {
  const models = Object.entries(record.models ?? {});
  return facts([
    ["Request", el("code", {}, record.request_id)],
    ["Asked", moment(record.created_at)],
    ["Ended", isOpen(record.status) ? "" : moment(record.updated_at)],
    ["Stage", isOpen(record.status) ? "" : decider(record.stage)],
    ["Status", el("code", {}, record.status)],
    ["Run", record.run > 1 ? record.run : ""],
    ["Policy", record.policy_hash && el("code", {}, record.policy_hash.slice(0, 12))],
    ...models.map(([part, model]) => [`Model: ${humanised(part).toLowerCase()}`, el("bdi", {}, model)]),
  ]);
}

const milliseconds = (ms) => (ms == null ? "" : `${Math.round(ms).toLocaleString("en")} ms`);

/** Keeps the links to the pictures good while they are looked at: each expires within minutes. */
async function keepLinks(id, record, signal) {
  let expiry = Date.parse(record.links_expire_at);
  let renewed = 0;
  const renew = async () => {
    // A picture that is gone for good must not be asked for without end.
    if (document.hidden || Date.now() - renewed < MARGIN_MS) return;
    renewed = Date.now();
    const fresh = await read(id, signal);
    expiry = Date.parse(fresh.links_expire_at);
    relink(fresh.images);
  };
  const quietly = () => renew().catch(() => {}); // The pictures on the screen stay.
  view.addEventListener("error", quietly, { capture: true, signal });
  while (expiry) {
    await pause(MARGIN_MS / 1000, signal);
    if (expiry - MARGIN_MS < Date.now()) await quietly();
  }
}

/** New links for the figures of these images; pictures that are there are not fetched again. */
function relink(images) {
  for (const [index, figure] of view.querySelectorAll("figure").entries()) {
    const { url, preview_url: preview } = images[index];
    if (url) figure.querySelector("a").href = url;
    const shown = figure.querySelector("img");
    if (shown && !(shown.complete && shown.naturalWidth)) shown.src = url ?? preview;
  }
}
