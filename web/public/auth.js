// Who asks: nobody (none), an API key (key), or a user of a Cognito user pool (cognito).

import { forget, forgetAll, recall, remember } from "./store.js";

const KINDS = ["none", "key", "cognito"];
// A token that ends while a request is on its way helps nobody.
const MARGIN_MS = 30_000;

let auth = { kind: "none" };
let onRefused = () => {};

/** Takes config.json's `auth`, and who is told when a credential is not taken. */
export function useAuth(config, listener) {
  auth = config ?? { kind: "none" };
  onRefused = listener;
}

export const kind = () => auth.kind;
export const isKnown = () => KINDS.includes(auth.kind);

/** Whether calls can be made. */
export function isReady() {
  if (auth.kind === "none") return true;
  const credential = recall("credential");
  return credential?.kind === auth.kind && (credential.until ?? Infinity) > Date.now();
}

/** The headers that say who asks. */
export function credentials() {
  if (auth.kind === "none" || !isReady()) return {};
  const { value } = recall("credential");
  return auth.kind === "key" ? { "x-api-key": value } : { Authorization: value };
}

export function useKey(value) {
  remember("credential", { kind: "key", value });
}

/** A call was answered 401 or 403. */
export function refuse() {
  if (auth.kind === "none") return;
  forget("credential");
  onRefused();
}

/** Forgets who asked and what was asked; Cognito's own session ends too. */
export function signOut() {
  forgetAll();
  if (auth.kind !== "cognito") return location.reload();
  const address = new URL("/logout", auth.authorize_url);
  address.search = new URLSearchParams({ client_id: auth.client_id, logout_uri: here() });
  location.assign(address);
}

/** Goes to the sign-in page (authorization code with PKCE, RFC 7636). */
export async function signIn() {
  const [verifier, state] = [random(), random()];
  remember("pkce", { verifier, state, view: location.hash });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const address = new URL(auth.authorize_url);
  address.search = new URLSearchParams({
    response_type: "code",
    client_id: auth.client_id,
    redirect_uri: here(),
    scope: auth.scope ?? "openid",
    state,
    code_challenge_method: "S256",
    code_challenge: base64url(new Uint8Array(digest)),
  });
  location.assign(address);
}

/** Takes the code that the sign-in page sent back, if it did. Throws Error in words for people. */
export async function finishSignIn() {
  const answer = new URLSearchParams(location.search);
  if (auth.kind !== "cognito" || !(answer.has("code") || answer.has("error"))) return;
  const begun = recall("pkce");
  forget("pkce");
  // A code is good once: it must not stay in the address or the history.
  history.replaceState(null, "", location.pathname + (begun?.view || "#/"));
  if (!begun || answer.get("state") !== begun.state) {
    throw new Error("That answer belongs to another sign-in. Sign in again.");
  }
  if (answer.has("error")) {
    throw new Error(`You were not signed in: ${answer.get("error_description") ?? answer.get("error")}.`);
  }
  const tokens = await exchange(answer.get("code"), begun.verifier);
  remember("credential", {
    kind: "cognito",
    value: tokens.id_token,
    until: Date.now() + tokens.expires_in * 1000 - MARGIN_MS,
  });
}

async function exchange(code, verifier) {
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: auth.client_id,
    redirect_uri: here(),
    code,
    code_verifier: verifier,
  });
  const response = await fetch(auth.token_url, { method: "POST", body }).catch(() => undefined);
  if (!response?.ok) throw new Error("The sign-in could not be finished. Sign in again.");
  return response.json();
}

// Where the sign-in page sends people back to: the page itself, without index.html or a view.
const here = () => new URL(".", location.href).href;
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
