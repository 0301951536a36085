/** What a picture shows at a place: 128 signs of the low frequencies of an upright square. */

import { averaged } from "./resize.js";
import { clamp, even, middles } from "./rounding.js";
import { sampled } from "./sampled.js";

const { fround } = Math;
const SIDE = 32;
const REACH = 6.5;
const SMALLEST_LEVEL = 24;
const LEAST_CONTRAST = 4; // grey levels of standard deviation below which a patch shows nothing
const BITS = 128;
const PLACES = middles(SIDE, REACH);

/** The (row, column) frequencies nearest to zero, without zero itself. */
export const FREQUENCIES = Array.from({ length: SIDE * SIDE - 1 }, (_, n) => [Math.floor((n + 1) / SIDE), (n + 1) % SIDE])
  .sort(([a, b], [c, d]) => a * a + b * b - c * c - d * d || a - c || b - d)
  .slice(0, BITS);
const ROWS = 1 + Math.max(...FREQUENCIES.flat());
const COSINES = Float32Array.from({ length: ROWS * SIDE }, (_, n) =>
  Math.cos((Math.PI * Math.floor(n / SIDE) * (2 * (n % SIDE) + 1)) / (2 * SIDE)),
);

/** The picture at 1, 1/sqrt 2, 1/2, ... of its size, each averaged from the one two before. */
export function pyramid(picture) {
  const levels = [picture];
  while (Math.min(levels.at(-1).width, levels.at(-1).height) > SMALLEST_LEVEL) {
    const factor = 2 ** (-levels.length / 2);
    const source = levels.length > 1 ? levels.at(-2) : picture;
    levels.push(averaged(source, even(picture.width * factor), even(picture.height * factor)));
  }
  return levels;
}

/** The square 13 sigma wide around a point, its direction turned to the right; 32 x 32 values. */
export function upright({ x, y, sigma, angle }, levels) {
  const level = clamp(Math.floor(fround(2 * fround(Math.log2(fround(sigma * ((2 * REACH) / SIDE)))))), 0, levels.length - 1);
  const picture = levels[level];
  const [sx, sy] = [fround(picture.width / levels[0].width), fround(picture.height / levels[0].height)];
  const [cosine, sine] = [fround(fround(Math.cos(angle)) * sigma), fround(fround(Math.sin(angle)) * sigma)];
  const [right, rightDown, left] = [fround(sx * cosine), fround(-sx * sine), fround(fround(sx * fround(x + 0.5)) - 0.5)];
  const [down, downRight, top] = [fround(sy * sine), fround(sy * cosine), fround(fround(sy * fround(y + 0.5)) - 0.5)];
  const patch = new Float32Array(SIDE * SIDE);
  for (let row = 0; row < SIDE; row += 1) {
    for (let column = 0; column < SIDE; column += 1) {
      const [across, along] = [PLACES[column], PLACES[row]];
      const px = fround(fround(rightDown * along + fround(right * across)) + left);
      const py = fround(fround(downRight * along + fround(down * across)) + top);
      patch[row * SIDE + column] = sampled(picture, px, py);
    }
  }
  return patch;
}

/** Whether a patch shows something. */
export function telling(patch) {
  const mean = patch.reduce((sum, value) => sum + value, 0) / patch.length;
  return fround(Math.sqrt(patch.reduce((sum, value) => sum + (value - mean) ** 2, 0) / patch.length)) > LEAST_CONTRAST;
}

/** 16 bytes: bit i is bit i % 8 of byte i / 8. */
export function hash(patch) {
  const down = new Float32Array(ROWS * SIDE);
  for (let row = 0; row < ROWS; row += 1) {
    for (let column = 0; column < SIDE; column += 1) {
      let sum = 0;
      for (let n = 0; n < SIDE; n += 1) sum = fround(COSINES[row * SIDE + n] * patch[n * SIDE + column] + sum);
      down[row * SIDE + column] = sum;
    }
  }
  const bytes = new Uint8Array(BITS / 8);
  FREQUENCIES.forEach(([row, column], bit) => {
    let sum = 0;
    for (let n = 0; n < SIDE; n += 1) sum = fround(down[row * SIDE + n] * COSINES[column * SIDE + n] + sum);
    if (sum > 0) bytes[bit >> 3] |= 1 << (bit & 7);
  });
  return bytes;
}
