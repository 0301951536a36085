/** Passkeys: WebAuthn's JSON to what the browser takes, and back; and talking with our own pages. */

export const possible = globalThis.PublicKeyCredential !== undefined;

/** Send JSON to one of our own addresses; give its answer, or throw an error whose message is a word of the page. */
export async function ask(path, token, body = {}) {
  const sent = { method: "POST", headers: { "Content-Type": "application/json", "X-Form-Token": token } };
  const answer = await fetch(path, { ...sent, body: JSON.stringify(body) }).catch(() => null);
  if (answer === null) throw new Error("no-answer");
  const told = await answer.json().catch(() => ({ error: "no-answer" }));
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/** Give the options with bytes where the server could only write text. */
export function withBytes(options) {
  const known = (list) => list?.map((each) => ({ ...each, id: bytes(each.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: known(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: known(options.allowCredentials) }),
  };
}

/** Give what the browser made as plain JSON. */
export function asJson(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

/** Say in the page's own words what went wrong; a word it does not have is "no answer". */
export function say(error) {
  const place = document.getElementById("key-trouble");
  const words = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };
  const word = words[error.name] ?? error.message.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  place.textContent = place.dataset[word] ?? place.dataset.noAnswer;
}

export function hush() {
  document.getElementById("key-trouble").textContent = "";
}

function bytes(base64url) {
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const letters = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
