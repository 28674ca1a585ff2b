// One review: what waits and why, who has it, the decision, and what came of it.

import { announce, byId, el, facts, moment, table, written } from "./dom.js";
import { claimBar } from "./claim.js";
import { decisionForm } from "./decision.js";
import { focusTitle, retitle, showView } from "./page.js";
import { problemText } from "./problems.js";
import { highlighted, placed } from "./prompt_text.js";
import { reasonSection, scoreList } from "./reasons.js";
import { ask, keepLooking, nameOf, refusalWords } from "./reviewer.js";
import {
  aboutWords, attemptWords, categoryWords, decisionWords, humanised, outcomeWords, plural, statusWords,
  verdictWords,
} from "./words.js";

const TRIES = 4;
const view = byId("view-review");
const ENDED = {
  approve: ["Approved", { prompt: "The prompt goes on to the generator.", images: "What was approved goes out." }],
  reject: ["Rejected", { prompt: "Nothing is painted.", images: "What was in review stays withheld." }],
  regenerate: ["To be painted again", { images: "The request makes another attempt." }],
};

/** Shows a review until it is left; then nothing of it stays in the page. */
export async function showReview(id, signal) {
  view.replaceChildren();
  signal.addEventListener("abort", () => view.replaceChildren());
  const read = async (tries, originals = false) =>
    (await ask(`/${encodeURIComponent(id)}${originals ? "?originals=true" : ""}`, { signal, tries })).body;
  let review = await read(TRIES);
  showView("review", "", "");
  if (review.status !== "OPEN") return showEnded(review);

  const pictures = pictureSection(review, signal, () => read(TRIES, true));
  const form = decisionForm(review, ended);
  const claim = claimBar(id, signal, {
    onChange: changed,
    onLost: () => pictures.own(false),
    onDecide: () => form.querySelector("input").focus(),
  });
  retitle(review.about === "prompt" ? "A prompt to decide on" : "Pictures to decide on", leadOf(review));
  view.replaceChildren(el("div", { class: "desk" },
    claim.element,
    el("div", { class: "evidence" }, ...evidence(review, pictures.element)),
    form));
  update(review);
  await keepLooking(signal, async () => {
    update(await read(1));
    return review.status === "OPEN";
  });

  function update(fresh) {
    if (review.status !== "OPEN") return;
    review = fresh;
    if (review.status !== "OPEN") return showEnd();
    claim.update(review);
    const mine = Boolean(review.mine) && Date.parse(review.claim_until) > Date.now();
    pictures.own(mine);
    pictures.refresh(review.images);
    // Whoever writes when the claim runs out goes on writing.
    if (mine) form.hidden = false;
  }

  /** Whoever is at something else, such as the theme, is told and stays there. */
  function showEnd() {
    const focused = document.activeElement;
    const waits = focused === document.body || byId("main").contains(focused);
    showEnded(review);
    if (waits) focusTitle();
    else announce(byId("title").textContent);
  }

  /** A click changed a part of it, or was refused: then the API knows how it stands. */
  async function changed(part) {
    if (part) {
      form.hidden = !part.mine;
      return update({ ...review, ...part });
    }
    await read(1).then(update).catch(() => {});
  }

  async function ended(refused) {
    const fresh = await read(TRIES).catch(() => null);
    if (signal.aborted || !fresh) return;
    if (fresh.status === "OPEN") return update(fresh);
    review = fresh;
    showEnd();
    if (refused) view.prepend(el("p", { class: "banner lost", role: "status" }, refused));
  }
}

function leadOf({ appeal, opened_at: since, answer_by: by }) {
  const [opened, last] = [since, by].map((iso) => moment(iso).textContent);
  return `${appeal ? "Its requester appeals. " : ""}Waiting since ${opened}, to be decided by ${last}.`;
}

function showEnded(review) {
  const { status, decision, about, heard } = review;
  const [title, leads] = ENDED[decision] ?? [];
  if (status === "OVER") {
    retitle("The request had ended", "It ended otherwise, so that nothing follows from a decision.");
  } else if (status === "EXPIRED") {
    retitle("It waited too long", "Nobody approved it in time, so it is rejected.");
  } else {
    retitle(title, heard === false
      ? "The request could not be told yet. It will be, within minutes." : leads[about]);
  }
  const { tone, short } = outcomeWords(review);
  view.replaceChildren(el("div", { class: "evidence" },
    el("section", { class: "outcome", id: "decision-outcome", "aria-label": "What was decided" },
      el("p", {}, el("span", { class: `badge ${tone}` }, short)),
      review.decided_reason && el("blockquote", {}, written(review.decided_reason)),
      facts([
        ["Decided by", review.decided_by && el("bdi", {}, nameOf(review.decided_by))],
        ["Decided", review.decided_at && moment(review.decided_at)],
        ["Meant", status === "OVER" && decision ? decisionWords(decision).short : ""],
        ["Approved", review.approved?.map((index) => `Picture ${index + 1}`).join(", ")],
      ])),
    el("p", { class: "actions" }, el("a", { class: "main", href: "#/reviews" }, "Back to the list")),
    ...evidence(review, pictureSection(review).element)));
}

/** All that is known of what is to be judged. */
function evidence(review, pictures) {
  const { appeal, prompt, negative_prompt: negative, reasons, classification } = review;
  const scores = scoreList(classification?.scores);
  return [
    appeal && el("section", {},
      el("h2", {}, "The requester’s appeal"),
      el("blockquote", {}, written(appeal.message)),
      el("p", { class: "soft" }, "Sent ", moment(appeal.at))),
    pictures,
    el("section", { class: "asked" },
      el("h2", {}, "What was asked"),
      prompt ? highlighted(prompt, placed(reasons)) : el("p", { class: "hint" }, "The prompt is not kept any longer."),
      negative && el("h3", {}, "Negative prompt"),
      negative && highlighted(negative, placed(reasons, true))),
    reasonSection("Why it waits", reasons),
    scores && el("section", { class: "grounds" }, el("h2", {}, "All scores of the classifier"), scores),
    reasonSection("Warnings", review.warnings),
    history(review),
    details(review),
  ].filter(Boolean);
}

/** {element, own(is), refresh(images)}: blurred, until who has the claim asks for the originals. */
function pictureSection({ images }, signal, readOriginals) {
  if (!images.length) return { element: null, own() {}, refresh() {} };
  const button = el("button", { type: "button", id: "show-pictures", hidden: true, onclick: toggle }, "Show pictures");
  const error = el("p", { class: "error", role: "alert" });
  const figures = images.map((image) => {
    const figure = el("figure", { "data-index": image.index }, el("div"), caption(image));
    blur(figure, image);
    return figure;
  });
  let known = images, owned = false, shown = false;

  async function toggle() {
    if (shown) return hide();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    error.textContent = "";
    try {
      const { images: originals } = await readOriginals();
      if (owned) reveal(originals);
    } catch (problem) {
      error.textContent = problem.errors ? refusalWords(problem) : problemText(problem);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  function reveal(originals) {
    shown = true;
    button.textContent = "Hide pictures";
    for (const [at, figure] of figures.entries()) {
      const { url, index, width, height } = originals[at];
      if (url) face(figure, el("img", { src: url, alt: `Picture ${index + 1}`, width, height }));
    }
    announce("The pictures are shown as they are.");
  }

  function hide() {
    if (!shown) return;
    shown = false;
    button.textContent = "Show pictures";
    for (const [at, figure] of figures.entries()) blur(figure, known[at]);
    announce("The pictures are blurred.");
  }

  signal?.addEventListener("abort", hide);
  if (signal) addEventListener("keydown", ({ key }) => key === "Escape" && hide(), { signal });
  const element = el("section", { id: "review-pictures" },
    el("h2", {}, plural(images.length, "picture")),
    el("p", { class: "actions" }, button, signal && el("span", { class: "hint" }, "Blurred until you ask. Escape hides them again.")),
    error,
    el("div", { class: `pictures of-${images.length}` }, figures));
  return {
    element,
    own(is) {
      owned = is;
      button.hidden = !is;
      if (!is) hide();
    },
    /** New links for previews that could not be loaded any more. */
    refresh(fresh) {
      known = fresh;
      for (const [at, figure] of figures.entries()) {
        const img = figure.querySelector("img");
        if (!shown && img?.complete && !img.naturalWidth) blur(figure, fresh[at]);
      }
    },
  };
}

const face = (figure, element) => figure.firstChild.replaceWith(element);

function blur(figure, { preview_url: src, index, width, height }) {
  face(figure, src
    ? el("img", { src, alt: `Blurred preview of picture ${index + 1}`, width, height })
    : el("div", { class: "no-picture" }, "No preview"));
}

function caption({ index, verdict, labels = [] }) {
  return el("figcaption", {},
    el("span", {}, el("strong", {}, `Picture ${index + 1}`), `, ${verdictWords(verdict)}`),
    labels.length > 0 && el("span", { class: "soft" }, el("bdi", {}, labels.join(", "))));
}

function history({ history: { runs = [], reviews = [], requester = [] } = {} }) {
  const named = (reasons) => [...new Set((reasons ?? []).map(({ category }) => categoryWords(category)))].join(", ");
  const parts = [
    table("Earlier reviews of this request", ["About", "Decision", "By", "When", "Reason"], reviews.map((one) => [
      aboutWords(one.about), decisionWords(one.decision).short, el("bdi", {}, nameOf(one.by)), moment(one.at),
      one.reason ? written(one.reason) : "",
    ])),
    table("Earlier runs of this request", ["Run", "Ended", "When", "Reasons"], runs.map((run) => [
      run.run, statusWords(run.status).short, run.updated_at ? moment(run.updated_at) : "", named(run.reasons),
    ])),
    table("The requester’s last requests", ["Ended", "When"], requester.map((one) => [
      statusWords(one.status).short, moment(one.at),
    ])),
  ].filter(Boolean);
  return parts.length ? el("section", { class: "grounds" }, el("h2", {}, "History"), ...parts) : null;
}

function details(review) {
  const models = Object.entries(review.models ?? {});
  const language = review.classification?.language;
  return el("details", {},
    el("summary", {}, "How it was made and judged"),
    facts([
      ["Review", el("code", {}, review.review_id)],
      ["Request", el("code", {}, review.request_id)],
      ["Run", review.run],
      ["Requester", review.requester && el("bdi", {}, review.requester)],
      ["Policy", el("code", {}, review.policy_hash?.slice(0, 12))],
      ["Language", language && `${language.code} (${language.source})`],
      ...models.map(([part, model]) => [`Model: ${humanised(part).toLowerCase()}`, el("bdi", {}, model)]),
      ["Pictures seen by", review.seen?.map(({ by }) => nameOf(by)).join(", ")],
    ]),
    table("Attempts", ["Attempt", "Outcome", "Labels"], (review.attempts ?? []).map((attempt) => [
      attempt.n, attemptWords(attempt.verdict), attempt.labels?.join(", ") || "none",
    ])));
}
