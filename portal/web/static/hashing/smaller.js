/** Bigger pictures are made smaller by averaging blocks of pixels, so that each side is below 1280. */

const KEPT_SIDE = 640;

/** How many pixels of a side of this length become one. */
export function factor(side) {
  return Math.max(1, Math.floor(side / KEPT_SIDE));
}

/**
 * @param {{data: Uint8ClampedArray, width: number, height: number}} pixels opaque RGBA
 * @returns {ImageData} the mean of each block of `across` x `down` pixels; blocks at the right and lower edge
 *     are of what is there
 */
export function smaller({ data, width, height }, across, down) {
  const to = new ImageData(Math.ceil(width / across), Math.ceil(height / down));
  for (let row = 0; row < to.height; row += 1) {
    for (let column = 0; column < to.width; column += 1) {
      const [left, top] = [column * across, row * down];
      const [right, bottom] = [Math.min(left + across, width), Math.min(top + down, height)];
      const count = (right - left) * (bottom - top);
      let [red, green, blue] = [0, 0, 0];
      for (let y = top; y < bottom; y += 1) {
        for (let byte = (y * width + left) * 4; byte < (y * width + right) * 4; byte += 4) {
          red += data[byte];
          green += data[byte + 1];
          blue += data[byte + 2];
        }
      }
      to.data.set([mean(red, count), mean(green, count), mean(blue, count), 255], (row * to.width + column) * 4);
    }
  }
  return to;
}

/** Pillow multiplies with 2^24 / count, cut off, instead of dividing: a whole number may come out one lower. */
function mean(sum, count) {
  return Math.floor(((sum + Math.floor(count / 2)) * Math.floor(2 ** 24 / count)) / 2 ** 24);
}
