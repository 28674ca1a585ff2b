// What statuses, stages and reasons mean, in words for people. Texts only: no elements, no calls.

/** The machine's steps as the page tells them, in the order of the process. */
export const STEPS = [
  ["AcceptRequest", "Read the request"],
  ["FilterKeywords", "Check the words"],
  ["ClassifyPrompt", "Judge what they mean"],
  ["GenerateImages", "Paint"],
  ["StoreImages", "Examine the files"],
  ["ModerateImages", "Judge the pictures"],
  ["PublishImages", "Hand over what is safe"],
];

const DECIDERS = {
  AcceptRequest: "Request check",
  FilterKeywords: "Keyword filter",
  ClassifyPrompt: "Text classifier",
  GenerateImages: "Generator",
  StoreImages: "File check",
  ModerateImages: "Picture moderation",
  PublishImages: "Publication",
  ReviewRequest: "Review",
};

/** Who decided, by the name of the state. */
export const decider = (stage) => DECIDERS[stage] ?? stage;

export const isOpen = (status) => status === "RUNNING" || status === "IN_REVIEW";

// tone: good, withheld (a verdict) or broken (no verdict).
const STATUSES = {
  RUNNING: {
    tone: "open", short: "Under way", title: "In the darkroom",
    text: "Your request goes through the steps below. You may leave: it goes on without you.",
  },
  IN_REVIEW: {
    tone: "open", short: "In review", title: "Waiting for a reviewer",
    text: "The policy leaves this one to a person. That may take hours. You may leave: the history has it.",
  },
  COMPLETED: {
    tone: "good", short: "Ready", title: "Ready",
    text: "Every picture was judged safe.",
  },
  BLOCKED_PROMPT: {
    tone: "withheld", short: "Prompt not accepted", title: "The prompt was not accepted",
    text: "The policy does not let it pass, for the reasons below. Nothing was painted.",
    next: "Change what is marked or named below and ask again. The playground shows how each word is read.",
  },
  BLOCKED_IMAGE: {
    tone: "withheld", short: "Pictures withheld", title: "The pictures were withheld",
    text: "Pictures were painted, and none of them passed moderation.",
    next: "Say what you want more exactly, or name what must not be seen in the negative prompt.",
  },
  MODEL_FILTERED: {
    tone: "withheld", short: "Filtered by the model", title: "The model blotted out its pictures",
    text: "The generator’s own filter left them black or blurred, so there is nothing to judge or show.",
    next: "Another seed or other words may do.",
  },
  INVALID: {
    tone: "broken", short: "Not valid", title: "The request is not valid",
    text: "It breaks a rule of the form, named below. Nothing was judged or painted.",
    next: "Correct it and ask again.",
  },
  REFUSED: {
    tone: "broken", short: "Refused", title: "The request was refused",
    text: "The reason below has nothing to do with what your prompt says. Nothing was found unsafe.",
    next: "Whoever runs this service can tell you more.",
  },
  FAILED: {
    tone: "broken", short: "Failed", title: "Something broke on our side",
    text: "A technical failure. Neither your prompt nor a picture was found unsafe.",
    next: "Ask again. If it happens again, tell whoever runs this service the request’s id.",
  },
  EXPIRED: {
    tone: "broken", short: "Took too long", title: "It took too long",
    text: "The request was not done in time. Neither your prompt nor a picture was found unsafe.",
    next: "Ask again. A generator that was asleep is awake some minutes later.",
  },
};

/** {tone, short, title, text, next?} of a status, also of one that this page does not know. */
export function statusWords(status) {
  return STATUSES[status] ?? {
    tone: "broken", short: humanised(status), title: humanised(status),
    text: "This page does not know that status; the reasons below say more.",
  };
}

const VERDICTS = {
  clean: "clean",
  block: "refused",
  review: "left to a reviewer",
  safe: "judged safe",
  withheld: "kept back: safe itself, but another picture of this request is not",
  unsafe: "judged unsafe",
  filtered: "blotted out by the model",
};

export const verdictWords = (verdict) => VERDICTS[verdict] ?? humanised(verdict);

/** What came of an attempt, which is "safe" if there is anything to deliver. */
export const attemptWords = (verdict) => (verdict === "safe" ? "Passed" : humanised(verdict));

const CATEGORIES = {
  sexual: "Sexual content",
  hate: "Hate",
  minor_and_sexual: "Minors in a sexual context",
  blocked_picture: "A listed picture",
  model_filtered: "Filtered by the model",
  invalid_request: "Request not valid",
  technical: "Technical failure",
  self_harm: "Self-harm",
  review: "Left to a person",
};

export const categoryWords = (category) => CATEGORIES[category] ?? humanised(category);

const ACTIONS = {
  block: "refused",
  always: "always refused",
  warn: "a warning",
  review: "it passes only if a person lets it",
  reject: "not accepted",
  fail: "the request failed",
};

const DECISIONS = {
  approve: { tone: "good", short: "Approved" },
  reject: { tone: "withheld", short: "Rejected" },
  regenerate: { tone: "open", short: "Regenerated" },
  expire: { tone: "broken", short: "Expired" },
  over: { tone: "broken", short: "Request ended" },
};

/** {tone, short} of a decision. */
export const decisionWords = (decision) =>
  DECISIONS[decision] ?? { tone: "open", short: humanised(decision) };

/** {tone, short} of what a review came to, which is not its decision where that came too late. */
export const outcomeWords = ({ status, decision }) =>
  decisionWords({ OVER: "over", EXPIRED: "expire" }[status] ?? decision);

/** What a review is about. */
export const aboutWords = (about) => (about === "prompt" ? "Prompt" : "Pictures");

/** What follows from a reason. */
export function actionWords({ action, stage }) {
  if (stage === "ModerateImages" && ["block", "always"].includes(action)) return "the picture is withheld";
  return ACTIONS[action] ?? humanised(action);
}

/** One reason as a sentence: what objected to what. Quoted parts are the policy's or a label. */
export function why(reason) {
  const picture = reason.image == null ? "the picture" : `picture ${reason.image + 1}`;
  const { rule, label, term } = reason;
  if (reason.message) return sentence(reason.message);
  if (rule === "combination") return "A combination of words that the policy does not let pass.";
  if (rule === "text_in_image") return `Words written in ${picture}${term ? `: “${term}”` : ""}.`;
  const disguise = reason.disguise ? `, in disguise: ${reason.disguise}` : "";
  if (term) return `The policy’s term “${term}”${disguise}.`;
  if (rule === "blocked_hash") return `It looks like a picture that is not to be shown (${picture}).`;
  if (reason.category === "model_filtered") return `The model left ${picture} ${rule}.`;
  if (label && reason.stage === "ModerateImages") {
    return `Seen in ${picture}${reason.illustrated ? ", which is drawn" : ""}: “${label}”.`;
  }
  if (label) return `The classifier found “${label}”.`;
  return sentence(humanised(rule ?? reason.action));
}

/** `some_name`, `SOME_NAME` or `SomeName` as words. */
export function humanised(name) {
  const apart = String(name ?? "").replace(/(?<=[a-z])(?=[A-Z])/g, " ").replaceAll("_", " ");
  return sentence(apart.toLowerCase(), "");
}

/** A text that begins and ends as a sentence does. */
export function sentence(text, end = ".") {
  const full = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(full) ? full : full + end;
}

/** Seconds as people say them. */
export function duration(seconds) {
  if (seconds < 90) return plural(Math.max(1, Math.round(seconds)), "second");
  if (seconds < 5400) return plural(Math.round(seconds / 60), "minute");
  return plural(Math.round(seconds / 3600), "hour");
}

export const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
