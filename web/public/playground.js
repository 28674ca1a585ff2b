// The policy's playground: what each layer makes of a prompt or a picture. Nothing is painted.

import { call } from "./api.js";
import { announce, byId, el, facts } from "./dom.js";
import { countCharacters, textError } from "./form.js";
import { showView } from "./page.js";
import { clearProblems, problemText, showProblem, showProblems } from "./problems.js";
import { highlighted, normalised, placed } from "./prompt_text.js";
import { reasonList, scoreList } from "./reasons.js";
import { recall, remember } from "./store.js";
import { plural, verdictWords } from "./words.js";

const TYPING_MS = 300;
const MOST_BYTES = 4_000_000;
const UPLOAD_MS = 90_000;
const promptForm = byId("prompt-check-form");
const imageForm = byId("image-check-form");
const words = byId("keyword-answer");
const meaning = byId("classifier-answer");
const seen = byId("image-answer");

let typing, asking;

/** Wires both forms. */
export function preparePlayground() {
  countCharacters(promptForm.elements.prompt, byId("try-prompt-count"));
  promptForm.addEventListener("input", () => {
    remember("trial", Object.fromEntries(new FormData(promptForm)));
    meaning.replaceChildren();
    clearTimeout(typing);
    typing = setTimeout(readWords, TYPING_MS);
  });
  promptForm.addEventListener("submit", (event) => {
    event.preventDefault();
    judgeMeaning();
  });
  imageForm.addEventListener("submit", (event) => {
    event.preventDefault();
    judgePicture();
  });
}

export function showPlayground() {
  showView("playground", "Policy playground",
    "See what the policy makes of a prompt or a picture. Nothing is painted, and nothing is stored.");
  const { prompt = "", negative_prompt: negative = "" } = recall("trial") ?? {};
  promptForm.elements.prompt.value = prompt;
  promptForm.elements.negative_prompt.value = negative;
  promptForm.elements.prompt.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What the form asks about, or nothing if there is nothing to ask. */
function trial(layers) {
  const { prompt, negative_prompt: negative } = promptForm.elements;
  const errors = [textError(prompt, "The prompt"), textError(negative, "The negative prompt")]
    .filter(Boolean);
  const body = { prompt: prompt.value, layers };
  if (normalised(negative.value)) body.negative_prompt = negative.value;
  return { body, errors, empty: !normalised(prompt.value) };
}

async function readWords() {
  asking?.abort();
  const { signal } = (asking = new AbortController());
  clearProblems(promptForm);
  const { body, errors, empty } = trial(["keywords"]);
  if (empty || errors.length) return words.replaceChildren();
  try {
    const answer = await call("/moderations/prompt", { method: "POST", body, signal, tries: 3 });
    const { verdict, reasons, warnings } = answer.body.layers.keywords;
    const found = [...reasons, ...warnings];
    words.replaceChildren(
      verdictLine("Keywords", verdict),
      highlighted(answer.body.prompt, placed(found)),
      found.length ? reasonList(found) : el("p", { class: "hint" }, "No term of the policy is in it."));
    announce(`Keywords: ${verdictWords(verdict)}, ${plural(found.length, "finding")}`);
  } catch (problem) {
    if (signal.aborted) return;
    words.replaceChildren(el("p", { class: "error" }, problemText(problem)));
  }
}

async function judgeMeaning() {
  clearProblems(promptForm);
  const { body, errors, empty } = trial(["classifier"]);
  if (empty) errors.push({ field: "prompt", message: "The prompt is missing" });
  if (errors.length) return showProblems(promptForm, "", errors);
  await asked(promptForm, meaning, async () => {
    const answer = await call("/moderations/prompt", { method: "POST", body });
    const { verdict, reasons, warnings, model, classification } = answer.body.layers.classifier;
    const scores = scoreList(classification?.scores);
    const language = classification?.language;
    const found = [...reasons, ...warnings];
    return [
      verdictLine("Classifier", verdict),
      found.length > 0 && reasonList(found),
      scores && el("h3", {}, "All scores"),
      scores,
      facts([["Model", model], ["Language", language && `${language.code} (${language.source})`]]),
    ];
  });
}

async function judgePicture() {
  const [file] = imageForm.elements.image.files;
  const message = fileError(file);
  if (message) return showProblems(imageForm, "", [{ field: "image", message }]);
  clearProblems(imageForm);
  await asked(imageForm, seen, async () => {
    const image = await base64(file);
    const { body } = await call("/moderations/image", {
      method: "POST", body: { image }, patience: UPLOAD_MS,
    });
    const found = [...body.reasons, ...body.warnings];
    return [
      verdictLine("Picture", body.verdict),
      await thumbnail(file),
      found.length ? reasonList(found) : el("p", { class: "hint" }, "Nothing in it breaks the policy."),
      facts([["Labels", body.labels.join(", ")], ["Model", body.model]]),
    ];
  });
}

function fileError(file) {
  if (!file) return "Choose a picture first";
  if (!["image/png", "image/jpeg"].includes(file.type)) return "The picture must be a PNG or JPEG file";
  return file.size > MOST_BYTES ? "The picture is larger than 4 MB" : "";
}

/** Runs one check of a form: its button waits, its answer or problem is shown. */
async function asked(form, place, check) {
  const button = form.querySelector("button");
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  place.replaceChildren(el("p", { class: "hint" }, "Asking …"));
  try {
    place.replaceChildren(...(await check()).filter(Boolean));
    announce(place.querySelector(".verdict").textContent);
  } catch (problem) {
    place.replaceChildren();
    showProblem(form, problem);
  } finally {
    button.setAttribute("aria-disabled", "false");
  }
}

function verdictLine(layer, verdict) {
  const tone = ["clean", "safe"].includes(verdict) ? "good" : "withheld";
  return el("p", { class: "verdict" }, `${layer}: `, el("span", { class: `badge ${tone}` }, verdictWords(verdict)));
}

async function base64(file) {
  const reader = new FileReader();
  await new Promise((resolve, reject) => {
    reader.onload = resolve;
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return reader.result.slice(reader.result.indexOf(",") + 1);
}

/** The chosen picture, small. On a canvas: the page's policy takes pictures from the server only. */
async function thumbnail(file) {
  const bitmap = await createImageBitmap(file, { resizeWidth: 240 }).catch(() => null);
  if (!bitmap) return null;
  const { width, height } = bitmap;
  const canvas = el("canvas", { width, height, role: "img", "aria-label": "The picture that was checked" });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return canvas;
}
