/** Reading a picture between its pixels: bilinear in single precision; outside, the edge goes on. */

import { clamp } from "./rounding.js";

const { fround } = Math;

export function sampled({ data, width, height }, x, y) {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [over, down] = [fround(x - column), fround(y - row)];
  const [left, right] = [clamp(column, 0, width - 1), clamp(column + 1, 0, width - 1)];
  const [top, bottom] = [clamp(row, 0, height - 1) * width, clamp(row + 1, 0, height - 1) * width];
  const above = between(data[top + left], data[top + right], over);
  return between(above, between(data[bottom + left], data[bottom + right], over), down);
}

function between(low, high, share) {
  return fround(share * fround(high - low) + low);
}
