/** Makes fingerprints beside the page, so that it stays usable meanwhile. One message in, one message out. */

import { answer, loads } from "./answers.js";
import { NotUsable } from "./not-usable.js";

addEventListener("message", async ({ data: { id, ...question } }) => {
  try {
    postMessage({ id, loads: loads(), ...(await answer(question)) });
  } catch (error) {
    postMessage({ id, reason: error instanceof NotUsable ? error.reason : "unreadable" });
  }
});

postMessage({ id: "ready" });
