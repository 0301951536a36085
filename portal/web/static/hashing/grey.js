/** Brightness as whole numbers, by the two roundings that the region hashes and the second hash were made with. */

/**
 * @param {{data: Uint8ClampedArray, width: number, height: number}} pixels RGBA, opaque
 * @returns {{data: Uint8Array, width: number, height: number}} 0.299 R + 0.587 G + 0.114 B in 32768ths, rounded
 */
export function grey(pixels) {
  return weighed(pixels, 9798, 19235, 3735, 15);
}

/** The same in 65536ths, as Pillow rounds it. */
export function pillowGrey(pixels) {
  return weighed(pixels, 19595, 38470, 7471, 16);
}

function weighed({ data, width, height }, red, green, blue, shift) {
  const to = new Uint8Array(width * height);
  const half = 1 << (shift - 1);
  for (let pixel = 0, byte = 0; pixel < to.length; pixel += 1, byte += 4) {
    to[pixel] = (data[byte] * red + data[byte + 1] * green + data[byte + 2] * blue + half) >> shift;
  }
  return { data: to, width, height };
}
