/**
 * Gaussian blur in single precision: along the rows, then down the columns.
 *
 * The reference multiplies and adds with one rounding, as its processor does; `fround(a * b + c)` is that to all
 * intents, since doubles hold the product of two singles exactly. The last few columns, which do not fill one of
 * its registers, are rounded after the product too.
 */

const { fround } = Math;
const [ROW_LANES, COLUMN_LANES] = [4, 8];

/** Weights up to three sigmas to each side, their sum one. */
export function kernel(sigma) {
  const reach = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, n) => Math.exp(-((n - reach) ** 2) / (2 * sigma * sigma)));
  const sum = weights.reduce((total, weight) => total + weight);
  return Float32Array.from(weights, (weight) => weight / sum);
}

/**
 * @param {{data: Float32Array, width: number, height: number}} picture
 * @param {Float32Array} weights of an odd number of neighbours
 * @param {Float32Array} to where the blurred picture is put
 */
export function blur({ data, width, height }, weights, to) {
  const between = new Float32Array(data.length);
  alongRows(data, between, width, height, weights);
  downColumns(between, to, width, height, weights);
}

function alongRows(from, to, width, height, weights) {
  const reach = weights.length >> 1;
  const line = new Float32Array(width + 2 * reach);
  const sources = Int32Array.from(line, (_, place) => mirrored(place - reach, width));
  const whole = width - (width % ROW_LANES);
  for (let row = 0; row < height; row += 1) {
    const start = row * width;
    for (let place = 0; place < line.length; place += 1) line[place] = from[start + sources[place]];
    for (let column = 0; column < whole; column += 1) {
      let sum = fround(line[column] * weights[0]);
      for (let n = 1; n < weights.length; n += 1) sum = fround(line[column + n] * weights[n] + sum);
      to[start + column] = sum;
    }
    for (let column = whole; column < width; column += 1) {
      let sum = fround(line[column] * weights[0]);
      for (let n = 1; n < weights.length; n += 1) sum = fround(fround(line[column + n] * weights[n]) + sum);
      to[start + column] = sum;
    }
  }
}

/** From the middle outwards, the two at one distance together. */
function downColumns(from, to, width, height, weights) {
  const reach = weights.length >> 1;
  const whole = width - (width % COLUMN_LANES);
  const [above, below] = [new Int32Array(reach + 1), new Int32Array(reach + 1)];
  for (let row = 0; row < height; row += 1) {
    for (let n = 0; n <= reach; n += 1) {
      above[n] = mirrored(row - n, height) * width;
      below[n] = mirrored(row + n, height) * width;
    }
    const start = row * width;
    for (let column = 0; column < whole; column += 1) {
      let sum = fround(from[start + column] * weights[reach]);
      for (let n = 1; n <= reach; n += 1) {
        sum = fround(fround(from[above[n] + column] + from[below[n] + column]) * weights[reach + n] + sum);
      }
      to[start + column] = sum;
    }
    for (let column = whole; column < width; column += 1) {
      let sum = fround(from[start + column] * weights[reach]);
      for (let n = 1; n <= reach; n += 1) {
        const both = fround(from[above[n] + column] + from[below[n] + column]);
        sum = fround(fround(both * weights[reach + n]) + sum);
      }
      to[start + column] = sum;
    }
  }
}

/** A place beyond the border, looked up in a mirror that does not repeat the edge. */
function mirrored(place, length) {
  if (length === 1) return 0;
  let at = place;
  while (at < 0 || at >= length) at = at < 0 ? -at : 2 * (length - 1) - at;
  return at;
}
