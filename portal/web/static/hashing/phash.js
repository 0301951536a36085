/** The second hash, 64 bits with other rules than PDQ: the twin of matchers/hashes/phash.py. */

import { pillowGrey } from "./grey.js";
import { smaller } from "./smaller.js";

const ENOUGH = 128;
const SIDE = 32;
const KEPT = 8;
const LOBES = 3;
const ONE = 2 ** 22; // Pillow's weights are whole parts of this

/** @param {{data: Uint8ClampedArray, width: number, height: number}} pixels opaque RGBA */
export function phash(pixels) {
  const block = (side) => Math.max(1, Math.floor(side / ENOUGH));
  const low = lowest(lanczos(pillowGrey(smaller(pixels, block(pixels.width), block(pixels.height)))));
  const sorted = Float64Array.from(low).sort();
  const median = (sorted[low.length / 2 - 1] + sorted[low.length / 2]) / 2;
  let text = "";
  for (let at = 0; at < low.length; at += 4) {
    text += [0, 1, 2, 3].reduce((digit, n) => digit * 2 + (low[at + n] > median ? 1 : 0), 0).toString(16);
  }
  return text;
}

/** 32 x 32 bytes, along the rows first, rounded to bytes in between. */
function lanczos({ data, width, height }) {
  const across = resampled(data, width, height, 1, width);
  return resampled(across, height, SIDE, SIDE, 1);
}

/** `lines` lines of `length` values to 32 values each; values lie `stride` apart, lines `line`. */
function resampled(from, length, lines, stride, line) {
  const to = new Uint8Array(SIDE * lines);
  weights(length).forEach(({ first, shares }, place) => {
    for (let n = 0; n < lines; n += 1) {
      let sum = ONE / 2;
      for (let at = 0; at < shares.length; at += 1) sum += from[n * line + (first + at) * stride] * shares[at];
      to[stride === 1 ? n * SIDE + place : place * lines + n] = Math.min(255, Math.max(0, Math.floor(sum / ONE)));
    }
  });
  return to;
}

/** For each of the 32 places the first value it is made of and the weights from there on. */
function weights(length) {
  const scale = length / SIDE;
  const wide = Math.max(scale, 1);
  return Array.from({ length: SIDE }, (_, place) => {
    const middle = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(middle - LOBES * wide + 0.5));
    const last = Math.min(length, Math.trunc(middle + LOBES * wide + 0.5));
    const exact = Array.from({ length: last - first }, (__, n) => window((n + first - middle + 0.5) / wide));
    const sum = exact.reduce((total, each) => total + each, 0);
    return { first, shares: exact.map((each) => Math.trunc((each / sum) * ONE + (each / sum < 0 ? -0.5 : 0.5))) };
  });
}

function window(x) {
  return -LOBES <= x && x < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** The 8 x 8 lowest frequencies, row by row, with the mean. */
function lowest(bytes) {
  const wave = (frequency, place) => Math.cos((Math.PI * frequency * (2 * place + 1)) / (2 * SIDE));
  const waves = Array.from({ length: KEPT }, (_, frequency) => Array.from({ length: SIDE }, (__, n) => 2 * wave(frequency, n)));
  const down = waves.map((each) =>
    Array.from({ length: SIDE }, (_, column) => each.reduce((sum, value, n) => sum + value * bytes[n * SIDE + column], 0)),
  );
  return Float64Array.from({ length: KEPT * KEPT }, (_, at) =>
    waves[at % KEPT].reduce((sum, value, n) => sum + value * down[Math.floor(at / KEPT)][n], 0),
  );
}
