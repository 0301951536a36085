/** The one or two main directions of each place: two make two patches. */

import { clamp, even, middles } from "./rounding.js";
import { sampled } from "./sampled.js";
import { BASE_SIGMA, LAYERS } from "./scale-space.js";

const { fround } = Math;
const BINS = 36;
const SIDE = 16;
const REACH = 4.5;
const SECOND_PEAK = fround(0.8);
const AROUND = SIDE + 2;
const PLACES = middles(AROUND, (REACH * AROUND) / SIDE);
const INNER = middles(SIDE, REACH);
const WEIGHTS = Float32Array.from({ length: SIDE * SIDE }, (_, n) => {
  const [x, y] = [INNER[n % SIDE], INNER[Math.floor(n / SIDE)]];
  return Math.exp(fround(-fround(fround(x * x) + fround(y * y)) / 4.5));
});
const TO_BINS = fround(BINS / (2 * Math.PI));

/** The points with an `angle` in radians, x to the right and y down. */
export function oriented(points, octaves) {
  return points.flatMap((point) => angles(smoothed(smoothed(histogram(point, octaves)))).map((angle) => ({ ...point, angle })));
}

/** How strongly the brightness around a point rises in each direction. */
function histogram({ x, y, sigma }, octaves) {
  const level = even(fround(LAYERS * fround(Math.log2(fround(sigma / fround(BASE_SIGMA))))));
  const number = clamp(Math.floor((level - 1) / LAYERS), 0, octaves.length - 1);
  const { blurred, step, width, height } = octaves[number];
  const picture = { data: blurred[clamp(level - number * LAYERS, 0, LAYERS + 2)], width, height };
  const patch = new Float32Array(AROUND * AROUND);
  for (let row = 0; row < AROUND; row += 1) {
    const down = fround(fround(y + fround(sigma * PLACES[row])) / step);
    for (let column = 0; column < AROUND; column += 1) {
      const across = fround(fround(x + fround(sigma * PLACES[column])) / step);
      patch[row * AROUND + column] = sampled(picture, across, down);
    }
  }
  return votes(patch);
}

function votes(patch) {
  const found = new Float64Array(BINS);
  for (let row = 0; row < SIDE; row += 1) {
    for (let column = 0; column < SIDE; column += 1) {
      const at = (row + 1) * AROUND + column + 1;
      const dx = fround(patch[at + 1] - patch[at - 1]);
      const dy = fround(patch[at + AROUND] - patch[at - AROUND]);
      const strength = fround(Math.sqrt(fround(dx * dx + fround(dy * dy))));
      const bin = Math.floor(fround(turn(dx, dy) * TO_BINS)) % BINS;
      found[bin] += fround(strength * WEIGHTS[row * SIDE + column]);
    }
  }
  return Float32Array.from(found);
}

const [P1, P3, P5, P7] = [0.9997878412794807, -0.3258083974640975, 0.1555786518463281, -0.04432655554792128].map((part) =>
  fround((part * 180) / Math.PI),
);
const EPSILON = fround(2 ** -52);
const RADIANS = fround(Math.PI / 180);

/** The direction of (x, y) in radians, 0 to a full turn, by the polynomial OpenCV takes: bins turn on its errors. */
function turn(x, y) {
  const [across, down] = [Math.abs(x), Math.abs(y)];
  const c = fround(Math.min(across, down) / fround(Math.max(across, down) + EPSILON));
  const square = fround(c * c);
  const step = (sum, next) => fround(fround(sum * square) + next);
  let angle = fround(step(step(step(P7, P5), P3), P1) * c);
  if (across < down) angle = fround(90 - angle);
  if (x < 0) angle = fround(180 - angle);
  if (y < 0) angle = fround(360 - angle);
  return fround(angle * RADIANS);
}

/** Round the circle by (1, 4, 6, 4, 1) / 16. */
function smoothed(bins) {
  const at = (n) => bins[(n + BINS) % BINS];
  return bins.map((here, n) => {
    const near = fround(4 * fround(at(n - 1) + at(n + 1)));
    return fround(fround(fround(fround(6 * here) + near) + at(n - 2)) + at(n + 2)) / 16;
  });
}

/** The highest peak, and the second if it is nearly as high; each refined by a parabola. */
function angles(bins) {
  const at = (n) => bins[(n + BINS) % BINS];
  const peaks = [...bins.keys()]
    .filter((n) => bins[n] > at(n - 1) && bins[n] >= at(n + 1))
    .sort((one, other) => bins[other] - bins[one])
    .slice(0, 2);
  const least = peaks.length ? Math.max(fround(SECOND_PEAK * bins[peaks[0]]), fround(1e-6)) : 0;
  return peaks.filter((n) => bins[n] >= least).map((n) => {
    const [left, right] = [at(n - 1), at(n + 1)];
    const bend = Math.min(fround(fround(left - fround(2 * bins[n])) + right), fround(-1e-9));
    const shift = fround(fround(0.5 * fround(left - right)) / bend);
    return fround((n + 0.5 + shift) * ((2 * Math.PI) / BINS));
  });
}
