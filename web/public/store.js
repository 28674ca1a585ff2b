// What this tab remembers until it is closed. A browser that refuses storage only forgets sooner.

const PREFIX = "safelight.";
const memory = new Map();

export function remember(name, value) {
  memory.set(name, value);
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Memory holds it until the page is left.
  }
}

export function recall(name) {
  if (memory.has(name)) return memory.get(name);
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name)) ?? undefined;
  } catch {
    return undefined;
  }
}

export function forget(name) {
  memory.delete(name);
  try {
    sessionStorage.removeItem(PREFIX + name);
  } catch {
    // There is nothing to remove.
  }
}

export function forgetAll() {
  for (const name of ["draft", "submission", "asked", "trial", "decision", "pkce", "credential"]) forget(name);
}

const MOST_ASKED = 30;

/** What was asked under an id: records need not store prompts. */
export function rememberAsked(id, body) {
  const asked = Object.entries(recall("asked") ?? {}).filter(([known]) => known !== id);
  remember("asked", Object.fromEntries([...asked, [id, body]].slice(-MOST_ASKED)));
}

export const asked = (id) => (recall("asked") ?? {})[id];
