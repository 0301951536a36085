/** Sign in with a passkey: the browser asks which one, so nobody types who they are. */

import { asJson, ask, hush, possible, say, withBytes } from "./webauthn.js";

const button = document.getElementById("enter-by-key");

if (possible && button !== null) {
  const section = document.getElementById("by-key");
  if (section !== null) section.hidden = false;
  button.addEventListener("click", enter);
}

async function enter() {
  button.disabled = true;
  hush();
  try {
    const publicKey = withBytes(await ask("/sign-in/key/start", button.dataset.token));
    const credential = asJson(await navigator.credentials.get({ publicKey }));
    const { go } = await ask("/sign-in/key", button.dataset.token, { credential });
    location.assign(go);
  } catch (error) {
    say(error);
  } finally {
    button.disabled = false;
  }
}
