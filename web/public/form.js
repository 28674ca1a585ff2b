// The form of a new request: its draft, its checks, and sending it once however often it is sent.

import { call } from "./api.js";
import { announce, byId } from "./dom.js";
import { clearProblems, showProblem, showProblems } from "./problems.js";
import { characters, MOST_CHARACTERS, normalised } from "./prompt_text.js";
import { forget, recall, remember, rememberAsked } from "./store.js";
import { plural } from "./words.js";

const TRIES = 4;
const LARGEST_SEED = 4294967295;
const form = byId("request-form");
const button = form.querySelector("button");

/** Wires the form, with what this tab remembers of it. */
export function prepareForm() {
  fill(recall("draft") ?? {});
  form.addEventListener("input", () => {
    remember("draft", draft());
    show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") !== "true") submit();
  });
  countCharacters(form.elements.prompt, byId("prompt-count"));
  countCharacters(form.elements.negative_prompt, byId("negative-prompt-count"));
}

/** Puts an earlier request into the form. */
export function fillFrom(body) {
  const { width = 512, height = 512 } = body;
  const preset = [...form.elements.size].find(({ value }) => value === `${width}x${height}`);
  form.reset();
  clearProblems(form);
  fill({ ...body, width, height, size: preset?.value ?? "own" });
  remember("draft", draft());
}

/** Keeps a line below a field that says how long its text is. */
export function countCharacters(field, line, most = MOST_CHARACTERS) {
  let over = false;
  const count = () => {
    const number = characters(field.value);
    line.textContent = `${number.toLocaleString("en")} of ${most.toLocaleString("en")}`;
    line.classList.toggle("over", number > most);
    if (number > most && !over) announce(`Too long: ${line.textContent} characters`);
    over = number > most;
  };
  field.addEventListener("input", count);
  count();
}

/** What is wrong with a text of the form, or nothing. */
export function textError(field, name, most = MOST_CHARACTERS) {
  const number = characters(field.value);
  if (number > most) {
    return { field: field.name, message: `${name} is ${plural(number - most, "character")} too long` };
  }
  return field.required && number === 0 ? { field: field.name, message: `${name} is missing` } : undefined;
}

function draft() {
  return Object.fromEntries(new FormData(form));
}

function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    if (form.elements[name]) form.elements[name].value = value;
  }
  for (const name of ["prompt", "negative_prompt"]) {
    form.elements[name].dispatchEvent(new Event("input"));
  }
  show();
}

function show() {
  byId("own-size").hidden = form.elements.size.value !== "own";
}

async function submit() {
  const { body, errors } = read();
  if (errors.length) return showProblems(form, "", errors);
  clearProblems(form);
  busy(true);
  try {
    const { body: { request_id: id } } = await call("/images", {
      method: "POST",
      body,
      headers: { "Idempotency-Key": keyOf(body) },
      tries: TRIES,
    });
    forget("submission");
    rememberAsked(id, body);
    const shown = !byId("view-new").hidden;
    if (shown) location.hash = `#/images/${id}`;
    else announce("Your request is under way. It is in the history.");
  } catch (problem) {
    if (problem.settled) forget("submission");
    if (problem.settled || problem.status === 429) showProblem(form, problem);
    else showProblems(form, `${problem.message} Nothing is lost: send it again, and it is not made twice.`);
  } finally {
    busy(false);
  }
}

/** The key of this submission: the same one until the server has said what became of it. */
function keyOf(body) {
  const content = JSON.stringify(body);
  const open = recall("submission");
  if (open?.content === content) return open.key;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  remember("submission", { key, content });
  return key;
}

/** {body, errors} of what the form holds. The server checks all of it again. */
function read() {
  const { prompt, negative_prompt: negative, size, width, height, seed } = form.elements;
  const own = size.value === "own";
  const sides = own ? [width.valueAsNumber, height.valueAsNumber] : size.value.split("x").map(Number);
  const body = {
    prompt: prompt.value,
    width: sides[0],
    height: sides[1],
    num_images: Number(form.elements.num_images.value),
  };
  if (normalised(negative.value)) body.negative_prompt = negative.value;
  if (seed.value.trim()) body.seed = Number(seed.value);
  const errors = [
    textError(prompt, "The prompt"),
    textError(negative, "The negative prompt"),
    own && sideError("width", body.width),
    own && sideError("height", body.height),
    seedError(seed.value.trim()),
  ].filter(Boolean);
  return { body, errors };
}

function sideError(field, side) {
  if (side >= 256 && side <= 1024 && side % 8 === 0) return undefined;
  return { field, message: `The ${field} must be a multiple of 8 from 256 to 1,024` };
}

function seedError(text) {
  if (text === "" || (/^\d+$/.test(text) && Number(text) <= LARGEST_SEED)) return undefined;
  const most = LARGEST_SEED.toLocaleString("en");
  return { field: "seed", message: `The seed must be a whole number from 0 to ${most}` };
}

function busy(is) {
  // Not `disabled`: that would take the focus away from who has just pressed it.
  button.setAttribute("aria-disabled", String(is));
  button.textContent = is ? "Sending …" : "Make pictures";
}
