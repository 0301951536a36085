/** A file's fingerprint, in the words of matchers/fingerprint.py, or the reason why there is none. */

import { decode } from "./decode.js";
import { NotUsable } from "./not-usable.js";
import { ORIENTATIONS } from "./orientations.js";
import { pdq } from "./pdq.js";
import { GOOD_QUALITY, LOWEST_QUALITY, SMALLEST_SIDE, VERSION } from "./rules.js";

/**
 * @param {Blob} file a picture
 * @returns {Promise<{fingerprint: object, weak: boolean}>} what may be sent, and whether there is little to see in it
 * @throws {NotUsable} with a reason the page has a sentence for
 */
export async function fingerprint(file) {
  const { pixels, width, height } = await decode(file);
  if (Math.min(width, height) < SMALLEST_SIDE) throw new NotUsable("tiny");
  const { quality, hashes } = pdq(pixels);
  if (quality < LOWEST_QUALITY) throw new NotUsable("flat");
  const named = Object.fromEntries(ORIENTATIONS.map(({ name }, index) => [name, hashes[index]]));
  return {
    fingerprint: { version: VERSION, width, height, quality, pdq: named, phash: null, flags: [] },
    weak: quality < GOOD_QUALITY,
  };
}
