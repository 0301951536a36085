/** The picture at every size: octaves of blurred pictures and their differences (Lowe, IJCV 60, 2004). */

import { blur, kernel } from "./gaussian.js";

const { fround } = Math;

export const BASE_SIGMA = 1.6;
export const LAYERS = 3;
const ASSUMED_SIGMA = 0.5;
const SMALLEST_OCTAVE = 16;

const GROWTH = 2 ** (1 / LAYERS);
const FIRST = kernel((BASE_SIGMA ** 2 - ASSUMED_SIGMA ** 2) ** 0.5);
const NEXT = Array.from({ length: LAYERS + 2 }, (_, n) => kernel(BASE_SIGMA * GROWTH ** n * (GROWTH ** 2 - 1) ** 0.5));

/**
 * @param {{data: Float32Array, width: number, height: number}} picture the working picture
 * @returns {{step: number, width: number, height: number, blurred: Float32Array[], differences: Float32Array[]}[]}
 *     octaves of 6 blurred pictures and 5 differences; a pixel is `step` working pixels
 */
export function scaleSpace({ data, width, height }) {
  const base = { data: new Float32Array(data.length), width, height };
  blur({ data, width, height }, FIRST, base.data);
  const octaves = [octave(base, 1)];
  for (;;) {
    const last = octaves[octaves.length - 1];
    const next = everySecond(last.blurred[LAYERS], last.width, last.height);
    if (Math.min(next.width, next.height) < SMALLEST_OCTAVE) return octaves;
    octaves.push(octave(next, last.step * 2));
  }
}

function octave({ data, width, height }, step) {
  const blurred = [data];
  for (const weights of NEXT) {
    const more = new Float32Array(data.length);
    blur({ data: blurred[blurred.length - 1], width, height }, weights, more);
    blurred.push(more);
  }
  const differences = NEXT.map((_, n) => blurred[n + 1].map((value, place) => fround(value - blurred[n][place])));
  return { step, width, height, blurred, differences };
}

function everySecond(data, width, height) {
  const to = { width: (width + 1) >> 1, height: (height + 1) >> 1 };
  to.data = new Float32Array(to.width * to.height);
  for (let row = 0; row < to.height; row += 1) {
    for (let column = 0; column < to.width; column += 1) {
      to.data[row * to.width + column] = data[2 * row * width + 2 * column];
    }
  }
  return to;
}
