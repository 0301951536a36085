/** Pictures of one channel, larger or smaller: area average and bilinear, rounded as OpenCV rounds. */

import { clamp, even } from "./rounding.js";

const { fround } = Math;
const FIXED = 2048; // bilinear weights are whole 2048ths

/**
 * @param {{data: Uint8Array, width: number, height: number}} grey
 * @returns {{data: Float32Array, width: number, height: number}} whole numbers 0..255
 */
export function resized(grey, width, height) {
  if (grey.width === width && grey.height === height) return { ...grey, data: Float32Array.from(grey.data) };
  const shrinking = width * height < grey.width * grey.height;
  return shrinking ? averaged(grey, width, height, even) : enlarged(grey, width, height);
}

/** The mean of what each pixel of the smaller picture covers; `round` is applied to bytes. */
export function averaged(from, width, height, round = null) {
  const [across, down] = [from.width / width, from.height / height];
  if (Number.isInteger(across) && Number.isInteger(down)) return inBlocks(from, width, height, across, down, round);
  const [columns, rows] = [covers(from.width, width), covers(from.height, height)];
  const to = new Float32Array(width * height);
  const line = new Float32Array(width);
  for (const { to: row, from: source, weight } of rows) {
    line.fill(0);
    for (const { to: column, from: x, weight: share } of columns) {
      line[column] += fround(from.data[source * from.width + x] * share);
    }
    for (let column = 0; column < width; column += 1) to[row * width + column] += fround(weight * line[column]);
  }
  if (round) to.forEach((value, place) => (to[place] = round(value)));
  return { data: to, width, height };
}

/** Which pixels of a side each pixel of the smaller side covers, and by how much of itself. */
function covers(from, to) {
  const scale = from / to;
  const found = [];
  for (let place = 0; place < to; place += 1) {
    const start = place * scale;
    const end = start + scale;
    const width = Math.min(scale, from - start);
    const last = Math.min(Math.floor(end), from - 1);
    const first = Math.min(Math.ceil(start), last);
    if (first - start > 1e-3) found.push({ to: place, from: first - 1, weight: fround((first - start) / width) });
    for (let at = first; at < last; at += 1) found.push({ to: place, from: at, weight: fround(1 / width) });
    if (end - last > 1e-3) {
      found.push({ to: place, from: last, weight: fround(Math.min(Math.min(end - last, 1), width) / width) });
    }
  }
  return found;
}

/** Blocks without remainder. Bytes of 2 x 2 round halves up, other bytes to the even number. */
function inBlocks(from, width, height, across, down, round) {
  const to = new Float32Array(width * height);
  const share = fround(1 / (across * down));
  const quarters = across === 2 && down === 2;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const at = row * down * from.width + column * across;
      if (quarters && !round) {
        const pairs = column < width - (width % 4);
        to[row * width + column] = quarter(from.data, at, from.width, pairs);
        continue;
      }
      let sum = 0;
      for (let y = 0; y < down; y += 1) for (let x = 0; x < across; x += 1) sum += from.data[at + y * from.width + x];
      to[row * width + column] = round ? (quarters ? (sum + 2) >> 2 : round(fround(sum * share))) : fround(sum * share);
    }
  }
  return { data: to, width, height };
}

/** A quarter of four values in single precision; the last few of a line are added one after the other. */
function quarter(data, at, width, pairs) {
  const [a, b, c, d] = [data[at], data[at + 1], data[at + width], data[at + width + 1]];
  return fround((pairs ? fround(fround(a + b) + fround(c + d)) : fround(fround(fround(a + b) + c) + d)) * 0.25);
}

/** Bilinear, in whole 2048ths. */
function enlarged(from, width, height) {
  const [columns, rows] = [between(from.width, width, true), between(from.height, height, false)];
  const to = new Float32Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const { low, high, over, under } = rows[row];
    for (let column = 0; column < width; column += 1) {
      const side = columns[column];
      const above = across(from.data, low * from.width, side) >> 4;
      const below = across(from.data, high * from.width, side) >> 4;
      to[row * width + column] = (((under * above) >> 16) + ((over * below) >> 16) + 2) >> 2;
    }
  }
  return { data: to, width, height };
}

function across(data, line, { low, high, over, under }) {
  return data[line + low] * under + data[line + high] * over;
}

/** For each place of the longer side the two it lies between, and the weights of the higher and the lower. */
function between(from, to, stop) {
  const scale = from / to;
  return Array.from({ length: to }, (_, place) => {
    const exact = fround((place + 0.5) * scale - 0.5);
    const floor = Math.floor(exact);
    const outside = floor < 0 || floor >= from - 1;
    const share = stop && outside ? 0 : fround(exact - floor);
    const [low, high] = [clamp(floor, 0, from - 1), clamp(floor + 1, 0, from - 1)];
    return { low, high, over: even(fround(share * FIXED)), under: even(fround(fround(1 - share) * FIXED)) };
  });
}
