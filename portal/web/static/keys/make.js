/** Make a passkey on this device and have its public half kept. */

import { asJson, ask, hush, possible, say, withBytes } from "./webauthn.js";

const form = document.getElementById("make");
const button = form.querySelector("button");

form.hidden = !possible;
document.getElementById("unsupported").hidden = possible;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  hush();
  try {
    const publicKey = withBytes(await ask("/keys/start", form.dataset.token));
    const credential = asJson(await navigator.credentials.create({ publicKey }));
    const { go } = await ask("/keys", form.dataset.token, { name: document.getElementById("new-name").value, credential });
    location.assign(go);
  } catch (error) {
    say(error);
  } finally {
    button.disabled = false;
  }
});
