/** What the page can ask of the hashing twin; answered in the worker, or on the page where that cannot draw. */

import { tried } from "../trying/trials.js";
import { readsBackTruly } from "./canvas.js";
import { fingerprint } from "./fingerprint.js";

/**
 * @param {{want: "truth" | "numbers" | "trials", file?: Blob, head?: number[] | null, made?: object}} question
 * @returns {Promise<object>} {truly}, or {fingerprint, state}, or {found}
 */
export async function answer({ want, file, head, made }) {
  if (want === "truth") return { truly: readsBackTruly() };
  if (want === "trials") return { found: await tried(file, made, head) };
  return fingerprint(file, head);
}

/** Every address this thread has read from so far, with the bytes that came. */
export function loads() {
  return performance.getEntriesByType("resource").map(({ name, transferSize }) => ({ name, bytes: transferSize }));
}
