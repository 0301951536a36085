/** Which places lie on flat ground, as letters, icons and charts do: the twin of matchers/regions/ground.py. */

import { clamp, even } from "./rounding.js";

const { fround } = Math;
const BLOCK = 8;
const GREYS = 64; // grey levels in steps of four
const STILL = 2; // levels by which nine neighbours may differ on ground that does not change
const REACH = 12;
const MOST_FLAT = fround(0.6);
const FLATTER = fround(0.7);
const FEW = 120; // where not so many places are off flat ground, a little flatter ones count

/** The points that count. @param {{data: Float32Array, width: number, height: number}} picture whole grey levels */
export function offFlatGround(points, picture) {
  const ground = counted(picture);
  const flat = Float32Array.from(points, (point) => flatness(ground, point));
  const most = limit(flat);
  return points.filter((_, n) => flat[n] <= most);
}

function limit(flat) {
  if (flat.length <= FEW) return FLATTER;
  if (flat.filter((each) => each <= MOST_FLAT).length >= FEW) return MOST_FLAT;
  return clamp(Float32Array.from(flat).sort()[FEW - 1], MOST_FLAT, FLATTER);
}

/** Counts of greys and of still pixels over all blocks above and to the left, so that a square is four look-ups. */
function counted({ data, width, height }) {
  const [columns, rows] = [Math.ceil(width / BLOCK), Math.ceil(height / BLOCK)];
  const kinds = GREYS + 1;
  const line = (columns + 1) * kinds;
  const sums = new Int32Array((rows + 1) * line);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const block = ((y >> 3) + 1) * line + ((x >> 3) + 1) * kinds;
      sums[block + (data[y * width + x] >> 2)] += 1;
      if (still(data, x, y, width, height)) sums[block + GREYS] += 1;
    }
  }
  for (let at = line; at < sums.length; at += 1) {
    if (at % line >= kinds) sums[at] += sums[at - kinds];
  }
  for (let at = line; at < sums.length; at += 1) sums[at] += sums[at - line];
  return { sums, columns, rows, line, kinds };
}

function still(data, x, y, width, height) {
  let [least, most] = [255, 0];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row += 1) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column += 1) {
      const value = data[row * width + column];
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return most - least <= STILL;
}

/** 0 (all greys, all changing) to 1.5 (one grey, all still). */
function flatness({ sums, columns, rows, line, kinds }, { x, y, sigma }) {
  const reach = fround(fround(REACH * sigma) / BLOCK);
  const edge = (place, last) => clamp(even(fround(place)), 0, last);
  let [left, top] = [edge(fround(x / BLOCK) - reach, columns), edge(fround(y / BLOCK) - reach, rows)];
  const right = Math.min(Math.max(edge(fround(x / BLOCK) + reach, columns), left + 1), columns);
  const bottom = Math.min(Math.max(edge(fround(y / BLOCK) + reach, rows), top + 1), rows);
  [left, top] = [Math.min(left, columns - 1), Math.min(top, rows - 1)];
  const count = (kind) =>
    sums[bottom * line + right * kinds + kind] - sums[top * line + right * kinds + kind] -
    sums[bottom * line + left * kinds + kind] + sums[top * line + left * kinds + kind];
  let [pixels, commonest, before] = [0, 0, 0];
  for (let level = 0; level < GREYS; level += 1) {
    const here = count(level);
    pixels += here;
    if (level > 0 && here + before > commonest) commonest = here + before;
    before = here;
  }
  return (commonest + 0.5 * count(GREYS)) / Math.max(pixels, 1);
}
