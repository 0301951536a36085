/** The cosine transform of PDQ: 64 x 64 points to the 16 x 16 lowest frequencies, without the mean. */

const GRID = 64;
const KEPT = 16;

const { fround } = Math;

const SCALE = fround(Math.sqrt(2 / GRID));

/** 16 waves of 64 values: rows 1-16 of the transform; row 0, the mean brightness, is left out. */
export const WAVES = Array.from({ length: KEPT }, (_, row) =>
  Float32Array.from(
    { length: GRID },
    (_, place) => SCALE * Math.cos((Math.PI / 2 / GRID) * ((row + 1) * (2 * place + 1))),
  ),
);

/**
 * @param {Float32Array} points 64 x 64, row by row
 * @returns {Float32Array} 16 x 16, row by row: frequency down the picture x frequency across it
 */
export function frequencies(points) {
  const down = WAVES.map((wave) =>
    Float32Array.from({ length: GRID }, (_, column) => sum((row) => fround(wave[row] * points[row * GRID + column]))),
  );
  return Float32Array.from({ length: KEPT * KEPT }, (_, index) => {
    const [line, wave] = [down[Math.floor(index / KEPT)], WAVES[index % KEPT]];
    return sum((column) => fround(line[column] * wave[column]));
  });
}

/** Added up one after the other in single precision, as in the reference. */
function sum(term) {
  let total = term(0);
  for (let index = 1; index < GRID; index += 1) total = fround(total + term(index));
  return total;
}
