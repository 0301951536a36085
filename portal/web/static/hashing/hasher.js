/**
 * Where fingerprints are made: in a worker where the browser can draw there, else on the page itself.
 * Both answer the same questions: `truly()` and `of(file)`.
 */

import { NotUsable } from "./not-usable.js";

export async function hasher() {
  const canDraw = typeof Worker !== "undefined" && typeof OffscreenCanvas !== "undefined";
  return (canDraw ? await started() : null) ?? onPage();
}

async function onPage() {
  const [{ readsBackTruly }, { fingerprint }] = await Promise.all([import("./canvas.js"), import("./fingerprint.js")]);
  return { truly: async () => readsBackTruly(), of: fingerprint };
}

/** A running worker, or null where module workers are not known. */
async function started() {
  const worker = new Worker(address(), { type: "module" });
  const waiting = new Map();
  let next = 0;
  const ready = new Promise((resolve) => {
    waiting.set("ready", { resolve: () => resolve(true) });
    worker.addEventListener("error", () => {
      for (const { reject } of waiting.values()) reject?.(new NotUsable("unreadable"));
      resolve(false);
    });
  });
  worker.addEventListener("message", ({ data }) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.reason === undefined) asked.resolve(data);
    else asked.reject(new NotUsable(data.reason));
  });
  if (!(await ready)) return null;

  const ask = (question) =>
    new Promise((resolve, reject) => {
      next += 1;
      waiting.set(next, { resolve, reject });
      worker.postMessage({ id: next, ...question });
    });
  return { truly: async () => (await ask({})).truly, of: (file) => ask({ file }) };
}

/** Browsers that know trusted types start workers only from addresses that a named policy made. */
function address() {
  const url = new URL("./worker.js", import.meta.url).href;
  const { trustedTypes } = globalThis;
  return trustedTypes ? trustedTypes.createPolicy("own-worker", { createScriptURL: () => url }).createScriptURL("") : url;
}
