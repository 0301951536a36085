/** The limits of a likeness, as matchers has them: a test holds each of these numbers to Python's. */

/** Whole pictures: bits of PDQ (of 256) and of phash (of 64) that may differ; matchers/deciding.py. */
export const WHOLE = {
  certain: 31,
  near: 64,
  witness_near: 20,
  far: 72,
  witness_far: 14,
  alone: 56,
  plain: 20,
  witness_plain: 8,
};

/** Parts: what the evidence must reach, in bits; matchers/regions/judging.py. */
export const PARTS = {
  least_bits: 100,
  support_bits: 30,
  certain_bits: 450,
  furthest_mean: 30.3,
  share_bits: 6,
  few_share: 0.2,
  few_bits: 170,
  thin: 0.3,
  thin_mean: 19,
  thin_bits: 150,
  line: 0.12,
  word: 0.2,
  word_patches: 8,
  line_bits: 300,
  least_place: 1,
  unturned: 1.5,
  spot: 0.25,
  spot_bits: 265,
};

/** How patches are paired and what a pair weighs; agreement.py, evidence.py, index.py, repeats.py there. */
export const PAIRS = {
  SEED_RADIUS: 26,
  ENOUGH_BITS: 38,
  MOST_SEEDS: 160,
  HOPELESS: 12,
  CELL_PX: 8,
  PAIR_TURN: 0.45,
  PAIR_SCALE: 0.6,
  GUIDED_TURN: 0.4,
  GUIDED_SCALE: 0.5,
  WIDEST_PX: 60,
  GUIDED_WIDEST_PX: 30,
  APART_SIGMAS: 4,
  COMMON_BITS: 16,
  LEAST_SCORE: 18,
  SPREAD: 0.12,
  ROOM: 12.6,
  SCALE_SPREAD: 0.05,
  SCALE_ROOM: 1,
  TURN_SPREAD: 0.05,
  TURN_ROOM: 0.8,
  OUTLIERS: 0.1,
  TWO_LINES: 2.5,
  FEWEST_IN_LINES: 6,
  SMALLEST_SIGMA: 1.8,
};

/** Two patches meet that agree in all bits of one of these rows; tables.py there. */
export const TABLES = [
  [0, 2, 3, 4, 5, 6, 15, 29, 33, 34, 35, 37, 39, 50, 51, 56, 57, 65, 66, 74],
  [2, 5, 7, 8, 17, 18, 20, 21, 26, 30, 31, 44, 49, 59, 65, 67, 71, 74, 76, 77],
  [1, 9, 10, 12, 13, 16, 25, 30, 34, 35, 37, 50, 52, 55, 57, 60, 69, 72, 75, 77],
  [3, 7, 12, 17, 20, 26, 28, 30, 35, 37, 39, 40, 44, 45, 51, 58, 59, 60, 64, 74],
  [2, 6, 7, 8, 10, 30, 32, 33, 34, 36, 43, 46, 51, 52, 57, 58, 62, 65, 75, 79],
  [8, 9, 15, 16, 29, 33, 37, 39, 40, 42, 43, 45, 49, 50, 53, 59, 66, 68, 75, 76],
  [4, 15, 16, 17, 21, 24, 25, 26, 38, 39, 41, 51, 52, 53, 57, 61, 68, 72, 74, 76],
  [1, 6, 8, 13, 21, 22, 23, 27, 28, 35, 44, 48, 49, 57, 67, 68, 70, 73, 75, 77],
  [6, 15, 17, 21, 23, 25, 34, 42, 47, 49, 54, 56, 57, 58, 60, 64, 68, 70, 75, 77],
  [6, 22, 25, 28, 29, 30, 31, 35, 37, 43, 46, 47, 61, 63, 70, 72, 74, 75, 77, 78],
  [3, 9, 11, 13, 14, 16, 22, 27, 31, 36, 38, 47, 54, 61, 66, 67, 68, 69, 72, 76],
  [0, 1, 9, 11, 13, 17, 22, 29, 37, 42, 45, 47, 51, 58, 59, 60, 64, 65, 70, 74],
  [2, 8, 10, 11, 12, 13, 15, 18, 32, 33, 34, 38, 41, 43, 46, 47, 60, 64, 66, 78],
  [2, 3, 5, 6, 7, 19, 21, 22, 25, 27, 29, 30, 37, 47, 50, 57, 60, 71, 72, 78],
  [2, 4, 8, 10, 15, 16, 17, 20, 21, 22, 40, 43, 46, 55, 57, 63, 64, 73, 76, 78],
  [0, 1, 5, 7, 9, 11, 12, 13, 15, 16, 28, 36, 44, 51, 52, 58, 64, 67, 69, 71],
];
