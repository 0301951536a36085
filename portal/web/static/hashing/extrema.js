/** Blobs: places of the scale space that no neighbour exceeds, fitted to a fraction of a pixel. */

import { clamp } from "./rounding.js";
import { BASE_SIGMA, LAYERS } from "./scale-space.js";

const { fround } = Math;
const CONTRAST = 1;
const BORDER = 2;
const EDGE_RATIO = 10;
const FURTHEST = 0.6;
const RIDGE = 1e-6;

/** @returns {{x: number, y: number, sigma: number, response: number}[]} in working pixels, in the order of finding */
export function extrema(octaves) {
  const found = [];
  for (const octave of octaves) {
    for (let layer = 1; layer <= LAYERS; layer += 1) {
      for (const sign of [1, -1]) {
        for (const place of ofOneSign(octave, layer, sign)) {
          const point = refined(octave, layer, place);
          if (point) found.push(point);
        }
      }
    }
  }
  return found;
}

function ofOneSign({ differences, width, height }, layer, sign) {
  const [below, here, above] = differences.slice(layer - 1, layer + 2);
  const found = [];
  for (let row = BORDER; row < height - BORDER; row += 1) {
    for (let place = row * width + BORDER, end = (row + 1) * width - BORDER; place < end; place += 1) {
      if (sign * here[place] < CONTRAST) continue;
      if (unexceeded(here, place, width, sign, here[place]) &&
          unexceeded(below, place, width, sign, here[place]) &&
          unexceeded(above, place, width, sign, here[place])) found.push(place);
    }
  }
  return found;
}

/** Whether none of the nine values around a place is beyond `value`. */
function unexceeded(data, place, width, sign, value) {
  for (let row = place - width; row <= place + width; row += width) {
    for (let at = row - 1; at <= row + 1; at += 1) if (sign * (data[at] - value) > 0) return false;
  }
  return true;
}

/** A parabola through a place and its neighbours; null for edges and low contrast. */
function refined({ differences, width, step }, layer, place) {
  const value = (up, down, right) => differences[layer + up][place + down * width + right];
  const at = value(0, 0, 0);
  const slope = (high, low) => fround(high - low) / 2;
  const bend = (high, low) => fround(fround(low + high) - fround(2 * at));
  const twist = (a, b, c, d) => fround(fround(fround(a - b) - c) + d) / 4;
  const gradient = [
    slope(value(0, 0, 1), value(0, 0, -1)),
    slope(value(0, 1, 0), value(0, -1, 0)),
    slope(value(1, 0, 0), value(-1, 0, 0)),
  ];
  const [xx, yy, ss] = [
    bend(value(0, 0, 1), value(0, 0, -1)),
    bend(value(0, 1, 0), value(0, -1, 0)),
    bend(value(1, 0, 0), value(-1, 0, 0)),
  ];
  const xy = twist(value(0, 1, 1), value(0, 1, -1), value(0, -1, 1), value(0, -1, -1));
  const xs = twist(value(1, 0, 1), value(1, 0, -1), value(-1, 0, 1), value(-1, 0, -1));
  const ys = twist(value(1, 1, 0), value(1, -1, 0), value(-1, 1, 0), value(-1, -1, 0));
  const determinant = xx * yy - xy ** 2;
  if (!(determinant > 0 && (xx + yy) ** 2 * EDGE_RATIO < (EDGE_RATIO + 1) ** 2 * determinant)) return null;
  const hessian = [[xx + RIDGE, xy, xs], [xy, yy + RIDGE, ys], [xs, ys, ss + RIDGE]];
  const shift = solved(hessian, gradient).map((each) => clamp(-each, -FURTHEST, FURTHEST));
  const response = Math.abs(at + 0.5 * (gradient[0] * shift[0] + gradient[1] * shift[1] + gradient[2] * shift[2]));
  if (!(response > CONTRAST)) return null;
  return {
    x: fround(((place % width) + shift[0]) * step),
    y: fround((Math.floor(place / width) + shift[1]) * step),
    sigma: fround(BASE_SIGMA * 2 ** ((layer + shift[2]) / LAYERS) * step),
    response: fround(response),
  };
}

/** Three equations by elimination, the largest pivot first. */
function solved(matrix, right) {
  const rows = matrix.map((row, n) => [...row, right[n]]);
  for (let n = 0; n < 3; n += 1) {
    let pivot = n;
    for (let row = n + 1; row < 3; row += 1) if (Math.abs(rows[row][n]) > Math.abs(rows[pivot][n])) pivot = row;
    [rows[n], rows[pivot]] = [rows[pivot], rows[n]];
    for (let row = n + 1; row < 3; row += 1) {
      const share = rows[row][n] / rows[n][n];
      for (let column = n; column < 4; column += 1) rows[row][column] -= share * rows[n][column];
    }
  }
  const z = rows[2][3] / rows[2][2];
  const y = (rows[1][3] - rows[1][2] * z) / rows[1][1];
  return [(rows[0][3] - rows[0][1] * y - rows[0][2] * z) / rows[0][0], y, z];
}
