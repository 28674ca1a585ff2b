// Calls to the API: credentials, problem+json, lost connections, and when to try again.

import { credentials, refuse } from "./auth.js";
import { sentence } from "./words.js";

const SLOW_MS = 6_000;
const MOST_PATIENCE_MS = 30_000;
// Who has to wait longer than this is told so.
const LONGEST_WAIT_S = 30;
// Answers of the way to the API, not of the API: they say nothing about what was sent.
const PASSING = new Set([0, 502, 503, 504]);

let base = "/api";
let onConnection = () => {};

/** `listener` hears "ok", "slow" or "lost" with each call. */
export function configure(api, listener) {
  base = api;
  onConnection = listener;
}

/** An answer that is not what was asked for (RFC 9457); status 0 where there was none. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(sentence(body?.detail || body?.title || body?.message || `the server answered ${status}`));
    this.status = status;
    this.code = body?.code ?? "";
    this.errors = Array.isArray(body?.errors) ? body.errors : [];
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may do a little later. */
  get passing() {
    return PASSING.has(this.status) || (this.status === 429 && this.code !== "quota_exceeded");
  }

  /** Whether the server has decided: what was sent was not accepted, and will not be. */
  get settled() {
    return this.status >= 400 && this.status < 500 && this.status !== 429;
  }
}

/**
 * {status, body, etag, retryAfter} of a call below the API's address.
 *
 * Throws Problem, or what an abort throws. `tries` more than 1 only for what may be sent twice.
 * With `byRole` an answer of 403 says what the caller may not do, not that nobody knows them.
 */
export async function call(path, { tries = 1, signal, ...request } = {}) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(path, signal, request);
    } catch (problem) {
      const hopeful = problem.passing && problem.retryAfter <= LONGEST_WAIT_S;
      if (signal?.aborted || !hopeful || attempt >= tries) throw problem;
      await pause(Math.max(problem.retryAfter, 2 ** (attempt - 1)), signal);
    }
  }
}

async function once(path, signal, request) {
  const { method = "GET", body, headers = {}, patience = MOST_PATIENCE_MS, byRole = false } = request;
  const slow = setTimeout(onConnection, SLOW_MS, "slow");
  const enough = AbortSignal.timeout(patience);
  let response, answer;
  try {
    response = await fetch(base + path, {
      method,
      headers: { ...credentials(), ...(body && { "Content-Type": "application/json" }), ...headers },
      body: body && JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, enough]) : enough,
    });
    answer = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    onConnection("lost");
    throw new Problem(0, { code: "network", detail: "The server could not be reached." }, 0);
  } finally {
    clearTimeout(slow);
  }
  onConnection("ok");
  const retryAfter = waitOf(response.headers.get("Retry-After"));
  const content = parsed(answer);
  if (response.status === 401 || (response.status === 403 && !byRole)) refuse();
  if (!response.ok && response.status !== 304) throw new Problem(response.status, content, retryAfter);
  return { status: response.status, body: content, etag: response.headers.get("ETag"), retryAfter };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // 304 has none, and a proxy's error page tells people nothing either.
  }
}

/** Seconds: Retry-After is a number of them, or a date. */
function waitOf(header) {
  if (!header) return 0;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Math.max(0, seconds || 0);
}

/** Waits so many seconds; while offline, until the connection is back. */
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const ended = new AbortController();
    const finish = (settle, value) => {
      clearTimeout(timer);
      ended.abort();
      settle(value);
    };
    const timer = navigator.onLine
      ? setTimeout(finish, seconds * 1000, resolve) : 0;
    addEventListener("online", () => finish(resolve), { signal: ended.signal });
    const stop = () => finish(reject, signal.reason);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { signal: ended.signal });
  });
}
