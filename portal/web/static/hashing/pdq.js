/**
 * PDQ from pixels: the twin of matchers/hashes/pdq.py, step for step and bit for bit.
 *
 * brightness -> two passes of a box filter -> 64 x 64 points -> the 16 x 16 lowest
 * frequencies -> one bit each: above the median or not. The reference computes in
 * single precision; Float32Array and Math.fround round where it rounds.
 */

import { blurred } from "./box.js";
import { frequencies } from "./dct.js";
import { turned } from "./orientations.js";

export const GRID = 64;
export const SMALLEST_SIDE = 5;

const { fround } = Math;

/**
 * @param {{data: Uint8ClampedArray, width: number, height: number}} pixels RGBA, row by row, on an opaque background
 * @returns {{quality: number, hashes: string[]}} quality 0..100; eight hashes of 64 hex digits, upright first
 */
export function pdq(pixels) {
  if (Math.min(pixels.width, pixels.height) < SMALLEST_SIDE) throw new RangeError("PDQ needs 5 x 5 pixels");
  const points = grid(luma(pixels), pixels.width, pixels.height);
  return { quality: quality(points), hashes: turned(frequencies(points)).map(hash) };
}

/** Brightness 0..255 of each pixel; weighed in double precision, then rounded to single. */
function luma({ data, width, height }) {
  const brightness = new Float32Array(width * height);
  for (let pixel = 0, byte = 0; pixel < brightness.length; pixel += 1, byte += 4) {
    brightness[pixel] = data[byte] * 0.299 + data[byte + 1] * 0.587 + data[byte + 2] * 0.114;
  }
  return brightness;
}

/** The picture as 64 x 64 points: blurred, then sampled at the middle of each cell. */
function grid(brightness, width, height) {
  const same = width === GRID && height === GRID;
  const smooth = same ? brightness : blurred(brightness, width, height);
  const points = new Float32Array(GRID * GRID);
  for (let row = 0; row < GRID; row += 1) {
    const from = Math.floor(((row + 0.5) * height) / GRID) * width;
    for (let column = 0; column < GRID; column += 1) {
      points[row * GRID + column] = smooth[from + Math.floor(((column + 0.5) * width) / GRID)];
    }
  }
  return points;
}

/** 0 (flat) .. 100: how much brightness steps between neighbouring points; small steps are not counted. */
function quality(points) {
  let steps = 0;
  for (let row = 0; row < GRID; row += 1) {
    for (let column = 0; column < GRID; column += 1) {
      const here = row * GRID + column;
      if (row + 1 < GRID) steps += step(points[here], points[here + GRID]);
      if (column + 1 < GRID) steps += step(points[here], points[here + 1]);
    }
  }
  return Math.min(100, Math.floor(steps / 90));
}

function step(here, there) {
  return Math.abs(Math.trunc(fround(fround(fround(there - here) * -100) / 255)));
}

/** One bit a frequency, 1 where it is above the median; written in hex with every leading zero. */
function hash(waves) {
  const median = Float32Array.from(waves).sort()[waves.length / 2 - 1]; // the 128th smallest, as in the reference
  let text = "";
  for (let last = waves.length - 1; last > 0; last -= 4) {
    let digit = 0;
    for (let bit = last; bit > last - 4; bit -= 1) digit = digit * 2 + (waves[bit] > median ? 1 : 0);
    text += digit.toString(16);
  }
  return text;
}
