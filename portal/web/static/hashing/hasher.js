/**
 * Where fingerprints are made: in a worker where the browser can draw there, else on the page itself.
 * Both answer the same questions: `truly()`, `of(file, head)`, `tried(file, made, head)`.
 */

import { NotUsable } from "./not-usable.js";

/** @param {(loads: {name: string, bytes: number}[]) => void} loaded told what the worker has read so far */
export async function hasher(loaded) {
  const canDraw = typeof Worker !== "undefined" && typeof OffscreenCanvas !== "undefined";
  return (canDraw ? await started(loaded) : null) ?? onPage();
}

async function onPage() {
  const { answer } = await import("./answers.js");
  return asking(answer);
}

function asking(ask) {
  return {
    truly: async () => (await ask({ want: "truth" })).truly,
    of: (file, head) => ask({ want: "numbers", file, head }),
    tried: async (file, made, head) => (await ask({ want: "trials", file, made, head })).found,
  };
}

/** A running worker, or null where module workers are not known. */
async function started(loaded) {
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
    if (data.loads) loaded(data.loads);
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
  return asking(ask);
}

/** Browsers that know trusted types start workers only from addresses that a named policy made. */
function address() {
  const url = new URL("./worker.js", import.meta.url).href;
  const { trustedTypes } = globalThis;
  return trustedTypes ? trustedTypes.createPolicy("own-worker", { createScriptURL: () => url }).createScriptURL("") : url;
}
