/** Pixels to region hashes, by docs/reference/regions.md: the twin of matchers/regions/regions.py. */

import { best } from "./choice.js";
import { oriented } from "./direction.js";
import { extrema } from "./extrema.js";
import { grey } from "./grey.js";
import { offFlatGround } from "./ground.js";
import { hash, pyramid, telling, upright } from "./patches.js";
import { resized } from "./resize.js";
import { clamp, even } from "./rounding.js";
import { LARGEST_WORKING, REGIONS_VERSION, SMALLEST_WITH_REGIONS } from "./rules.js";
import { scaleSpace } from "./scale-space.js";

const { fround } = Math;
const MOST_ENLARGED = 2;
const POINTS = 400;
const MOST_POINTS = 520;
const HEADER = 7;
const ROW = 22;

/**
 * @param {{data: Uint8ClampedArray, width: number, height: number}} pixels RGBA of a picture or a smaller version of it
 * @param {number} width of the picture's own size
 * @param {number} height of the same
 * @param {number[] | null} head a box whose places come first: left, top, width, height as shares of the picture
 * @returns {Uint8Array | null} as Python keeps them; null where there is no structure
 */
export function regions(pixels, width, height, head = null) {
  if (Math.min(width, height) < SMALLEST_WITH_REGIONS) return null;
  const picture = workingPicture(grey(pixels), width, height);
  const octaves = scaleSpace(picture);
  const points = oriented(best(offFlatGround(extrema(octaves), picture), POINTS, picture, head), octaves);
  const levels = pyramid(picture);
  const rows = [];
  for (const point of points) {
    const patch = upright(point, levels);
    if (telling(patch)) rows.push({ ...point, bits: hash(patch) });
    if (rows.length === MOST_POINTS) break;
  }
  return rows.length ? kept(rows, picture) : null;
}

/** Grey levels, the longer of the picture's own sides scaled to 640, at most twice enlarged. */
export function workingPicture(levels, width, height) {
  const factor = Math.min(LARGEST_WORKING / Math.max(width, height), MOST_ENLARGED);
  return resized(levels, Math.max(1, even(width * factor)), Math.max(1, even(height * factor)));
}

/** Little-endian: version, width, height, count; then bits, place, size and direction of each patch. */
function kept(rows, { width, height }) {
  const bytes = new Uint8Array(HEADER + ROW * rows.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, REGIONS_VERSION);
  [width, height, rows.length].forEach((value, n) => view.setUint16(1 + 2 * n, value, true));
  rows.forEach(({ bits, x, y, sigma, angle }, n) => {
    const at = HEADER + ROW * n;
    bytes.set(bits, at);
    view.setUint16(at + 16, clamp(even(fround(x * 32)), 0, width * 32), true);
    view.setUint16(at + 18, clamp(even(fround(y * 32)), 0, height * 32), true);
    view.setUint8(at + 20, clamp(even(fround(fround(Math.log2(sigma)) * 32)), 0, 255));
    view.setUint8(at + 21, even(fround(angle * fround(256 / (2 * Math.PI)))) & 255);
  });
  return bytes;
}
