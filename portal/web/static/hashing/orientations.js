/** A picture turned or mirrored has the same frequencies: transposed, and with some signs changed. */

const SIDE = 16;

/** What each of the eight does: rows and columns swapped, sign by row, sign by column. The order is matchers'. */
export const ORIENTATIONS = [
  { name: "upright", swap: false, byRow: false, byColumn: false },
  { name: "rotated-90", swap: true, byRow: true, byColumn: false },
  { name: "rotated-180", swap: false, byRow: true, byColumn: true },
  { name: "rotated-270", swap: true, byRow: false, byColumn: true },
  { name: "flipped-vertically", swap: false, byRow: true, byColumn: false },
  { name: "flipped-horizontally", swap: false, byRow: false, byColumn: true },
  { name: "flipped-diagonal", swap: true, byRow: false, byColumn: false },
  { name: "flipped-antidiagonal", swap: true, byRow: true, byColumn: true },
];

/**
 * @param {Float32Array} waves 16 x 16 frequencies of the upright picture
 * @returns {Float32Array[]} the frequencies of the eight, in the order of ORIENTATIONS
 */
export function turned(waves) {
  return ORIENTATIONS.map(({ swap, byRow, byColumn }) =>
    Float32Array.from(waves, (_, index) => {
      const [row, column] = [Math.floor(index / SIDE), index % SIDE];
      const value = swap ? waves[column * SIDE + row] : waves[index];
      return value * (byRow ? sign(row) : 1) * (byColumn ? sign(column) : 1);
    }),
  );
}

/** Index 0 is the odd frequency 1: a mirror turns its sign. */
function sign(index) {
  return index % 2 === 0 ? -1 : 1;
}
