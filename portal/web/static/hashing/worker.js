/** Makes fingerprints beside the page, so that it stays usable meanwhile. One message in, one message out. */

import { readsBackTruly } from "./canvas.js";
import { fingerprint } from "./fingerprint.js";
import { NotUsable } from "./not-usable.js";

addEventListener("message", async ({ data: { id, file } }) => {
  try {
    postMessage({ id, ...(file ? await fingerprint(file) : { truly: readsBackTruly() }) });
  } catch (error) {
    postMessage({ id, reason: error instanceof NotUsable ? error.reason : "unreadable" });
  }
});

postMessage({ id: "ready" });
