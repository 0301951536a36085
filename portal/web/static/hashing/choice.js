/** The best places of a picture, spread over it; those of a marked head first. */

const { fround } = Math;
const CELLS = 6;
const HEAD_WORTH = 4;

/**
 * @param {number[] | null} head left, top, width and height as shares of the picture
 * @returns {object[]} the `count` points worth most, each further one of a cell worth a bit less
 */
export function best(points, count, { width, height }, head) {
  const cell = (place, side) => Math.min(Math.floor(fround(fround(place * CELLS) / side)), CELLS - 1);
  const seen = new Int32Array(CELLS * CELLS);
  return points
    .map((point) => ({ point, worth: fround(worth(point) * (head && within(point, head, width, height) ? HEAD_WORTH : 1)) }))
    .sort((one, other) => other.worth - one.worth)
    .map(({ point, worth }) => {
      const at = cell(point.y, height) * CELLS + cell(point.x, width);
      seen[at] += 1;
      return { point, fair: worth / (1 + (seen[at] - 1) * ((CELLS * CELLS) / count)) };
    })
    .sort((one, other) => other.fair - one.fair)
    .slice(0, count)
    .map(({ point }) => point);
}

function worth({ response, sigma }) {
  return fround(response * sigma);
}

function within({ x, y }, [left, top, across, down], width, height) {
  const [right, below] = [fround(fround(x / width) - fround(left)), fround(fround(y / height) - fround(top))];
  return right >= 0 && right <= fround(across) && below >= 0 && below <= fround(down);
}
