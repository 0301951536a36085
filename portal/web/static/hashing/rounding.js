/** Roundings that JavaScript has no name for. Single precision throughout: the reference computes in it. */

const { fround } = Math;

/** To the nearest whole number, halves to the even one. */
export function even(value) {
  const low = Math.floor(value);
  const over = value - low;
  return over < 0.5 || (over === 0.5 && low % 2 === 0) ? low : low + 1;
}

export function clamp(value, least, most) {
  return value < least ? least : value > most ? most : value;
}

/** The middles of `side` cells of a square from -reach to reach, in single precision. */
export function middles(side, reach) {
  return Float32Array.from({ length: side }, (_, n) => fround(fround(fround((n + 0.5) / side) * 2) - 1) * fround(reach));
}
