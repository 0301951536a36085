/** The blur before sampling: a box filter along rows and columns, twice. */

const PASSES = 2;

const { fround } = Math;

/** The width of the box along a side of so many pixels: half a cell of the grid, rounded up. */
function box(side) {
  return Math.floor((side + 127) / 128);
}

/**
 * @param {Float32Array} brightness row by row; used as scratch space
 * @returns {Float32Array} the blurred picture, in the same array
 */
export function blurred(brightness, width, height) {
  const other = new Float32Array(brightness.length);
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (let row = 0; row < height; row += 1) mean(brightness, other, row * width, 1, width, box(width));
    for (let column = 0; column < width; column += 1) mean(other, brightness, column, width, height, box(height));
  }
  return brightness;
}

/**
 * The mean of `size` neighbours along one line of `length` values, each `stride` apart; near the ends, of
 * those that are there. One running sum, as in the reference: add the next, then take away the last.
 */
function mean(from, to, start, stride, length, size) {
  const ahead = Math.floor((size + 2) / 2); // the point itself and those after it: 7 -> 4, 8 -> 5
  let sum = 0;
  let count = 0;
  for (let next = 0; next < length + ahead - 1; next += 1) {
    if (next < length) {
      // With a box of one, the value stands alone: nothing of the last one may stay in it.
      sum = size === 1 ? from[start + next * stride] : fround(sum + from[start + next * stride]);
      count += 1;
    }
    if (next >= size) {
      if (size > 1) sum = fround(sum - from[start + (next - size) * stride]);
      count -= 1;
    }
    const middle = next - ahead + 1;
    if (middle >= 0) to[start + middle * stride] = sum / count;
  }
}
