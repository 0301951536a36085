/** A file's fingerprint, in the words of matchers/fingerprint.py, or the reason why there is none. */

import { decode } from "./decode.js";
import { NotUsable } from "./not-usable.js";
import { ORIENTATIONS } from "./orientations.js";
import { pdq } from "./pdq.js";
import { phash } from "./phash.js";
import { regions } from "./regions.js";
import { FEWEST_PATCHES, GOOD_QUALITY, LOWEST_QUALITY, SMALLEST_SIDE, SMALLEST_WITH_REGIONS, VERSION } from "./rules.js";

const [HEADER, ROW] = [7, 22]; // bytes of the region hashes and of each patch in them

/**
 * @param {Blob} file a picture
 * @param {number[] | null} head the box around a head, whose patches come first: left, top, width, height as shares
 * @returns {Promise<{fingerprint: object, state: "ready" | "weak" | "small"}>} what may be sent, and whether there is
 *     little to see in it, or too few pixels to find a part
 * @throws {NotUsable} with a reason the page has a sentence for
 */
export async function fingerprint(file, head = null) {
  const made = ofPicture(await decode(file), head);
  return { fingerprint: made, state: state(made) };
}

function state({ width, height, quality, flags }) {
  if (quality < GOOD_QUALITY || flags.includes("plain")) return "weak";
  return Math.min(width, height) < SMALLEST_WITH_REGIONS ? "small" : "ready";
}

/** The same of decoded pixels and the size their file has. */
export function ofPicture({ pixels, width, height }, head = null) {
  if (Math.min(width, height) < SMALLEST_SIDE) throw new NotUsable("tiny");
  const { quality, hashes } = pdq(pixels);
  if (quality < LOWEST_QUALITY) throw new NotUsable("flat");
  const parts = regions(pixels, width, height, head);
  return {
    version: VERSION,
    width,
    height,
    quality,
    pdq: Object.fromEntries(ORIENTATIONS.map(({ name }, index) => [name, hashes[index]])),
    phash: phash(pixels),
    flags: isPlain(width, height, parts) ? ["plain"] : [],
    regions: parts && btoa(String.fromCharCode(...parts)),
  };
}

/** Whether a picture large enough for region hashes has hardly any. */
function isPlain(width, height, parts) {
  const patches = parts ? (parts.length - HEADER) / ROW : 0;
  return Math.min(width, height) >= SMALLEST_WITH_REGIONS && patches < FEWEST_PATCHES;
}
