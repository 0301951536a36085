/** Do the patches two pictures share lie the same way in both? The twin of matchers/regions/agreement.py. */

import { apart } from "./kept.js";
import { PAIRS, TABLES } from "./limits.js";

const MASKS = TABLES.map((bits) =>
  bits.reduce((words, bit) => {
    words[bit >> 5] |= 1 << (bit & 31);
    return words;
  }, new Int32Array(4)),
);

/**
 * @param enrolled with patches that have a `cap`: what they are worth at most
 * @param seen with patches in the order of x
 * @returns {{score: number, pairs: object[][], move: number[]} | null} pairs of (enrolled, seen) patches, and the
 *     similarity (a, b, tx, ty): x' = a x - b y + tx, y' = b x + a y + ty
 */
export function agreement(enrolled, seen) {
  let pairs = bestProposal(seeds(enrolled.patches, seen.patches));
  let found = null;
  for (const slack of [5, 3, 3]) {
    if (pairs.length < 2 || (found && found.score < PAIRS.HOPELESS)) return null;
    const move = fitted(pairs);
    if (move === null) return null;
    const some = guided(enrolled.patches, seen.patches, move, slack);
    pairs = some.map(({ pair }) => pair);
    found = { score: some.reduce((sum, { worth }) => sum + worth, 0), pairs, move };
  }
  return pairs.length >= 2 && found.score >= PAIRS.LEAST_SCORE ? found : null;
}

/** What each patch is worth at most: the bits to the most alike one elsewhere in its own picture. */
export function capped(picture) {
  const caps = new Uint8Array(picture.patches.length).fill(128);
  picture.patches.forEach((patch, row) => {
    for (let other = 0; other < row; other += 1) {
      const there = picture.patches[other];
      const reach = PAIRS.APART_SIGMAS * Math.exp(Math.max(patch.size, there.size));
      if ((patch.x - there.x) ** 2 + (patch.y - there.y) ** 2 <= reach * reach) continue;
      const bits = apart(patch.bits, there.bits);
      caps[row] = Math.min(caps[row], bits);
      caps[other] = Math.min(caps[other], bits);
    }
  });
  return { ...picture, patches: picture.patches.map((patch, row) => ({ ...patch, cap: caps[row] })) };
}

/** The pairs of most worth that share a key and are near. */
function seeds(enrolled, seen) {
  const found = [];
  for (const theirs of seen) {
    for (const mine of enrolled) {
      if (mine.cap <= PAIRS.COMMON_BITS) continue;
      const bits = apart(mine.bits, theirs.bits);
      const worth = Math.min(PAIRS.ENOUGH_BITS, mine.cap) - bits;
      if (bits <= PAIRS.SEED_RADIUS && worth > 0 && meet(mine.bits, theirs.bits)) found.push({ pair: [mine, theirs], worth });
    }
  }
  return found.sort((one, other) => other.worth - one.worth).slice(0, PAIRS.MOST_SEEDS);
}

function meet(one, other) {
  return MASKS.some((mask) => mask.every((word, n) => ((one[n] ^ other[n]) & word) === 0));
}

function between(one, other) {
  const turn = Math.abs(one - other) % (2 * Math.PI);
  return Math.min(turn, 2 * Math.PI - turn);
}

/** The pairs that agree with the proposal of most worth. */
function bestProposal(some) {
  const proposals = some.map(({ pair: [mine, theirs], worth }) => {
    const [turn, growth] = [theirs.angle - mine.angle, theirs.size - mine.size];
    const scale = Math.exp(growth);
    return { mine, theirs, worth, turn, growth, cosine: Math.cos(turn) * scale, sine: Math.sin(turn) * scale };
  });
  let [best, most] = [null, 0];
  for (const proposal of proposals) {
    const sum = proposals.reduce((total, other) => total + (agrees(proposal, other) ? other.worth : 0), 0);
    if (sum > most) [best, most] = [proposal, sum];
  }
  if (most < PAIRS.HOPELESS) return [];
  return proposals.filter((other) => agrees(best, other)).map(({ mine, theirs }) => [mine, theirs]);
}

function agrees(one, other) {
  if (Math.abs(one.growth - other.growth) > PAIRS.PAIR_SCALE || between(one.turn, other.turn) > PAIRS.PAIR_TURN) return false;
  const [dx, dy] = [other.mine.x - one.mine.x, other.mine.y - one.mine.y];
  const [mx, my] = [one.cosine * dx - one.sine * dy, one.sine * dx + one.cosine * dy];
  const error = Math.hypot(one.theirs.x + mx - other.theirs.x, one.theirs.y + my - other.theirs.y);
  const allowed = Math.max(1.5 * Math.exp(other.theirs.size) + 3, 0.2 * Math.hypot(mx, my));
  return error < Math.min(allowed, PAIRS.WIDEST_PX);
}

/** The least-squares similarity; null where the places are one. */
function fitted(pairs) {
  const mean = (side, axis) => pairs.reduce((sum, pair) => sum + pair[side][axis], 0) / pairs.length;
  const [mex, mey, msx, msy] = [mean(0, "x"), mean(0, "y"), mean(1, "x"), mean(1, "y")];
  let [along, across, spread] = [0, 0, 0];
  for (const [mine, theirs] of pairs) {
    const [ex, ey, sx, sy] = [mine.x - mex, mine.y - mey, theirs.x - msx, theirs.y - msy];
    along += ex * sx + ey * sy;
    across += ex * sy - ey * sx;
    spread += ex * ex + ey * ey;
  }
  if (spread < 1e-3) return null;
  const [a, b] = [along / spread, across / spread];
  return a === 0 && b === 0 ? null : [a, b, msx - a * mex + b * mey, msy - b * mex - a * mey];
}

/** The pairs right under a similarity, the best first and one for each place. */
function guided(enrolled, seen, [a, b, tx, ty], slack) {
  const [turn, growth] = [Math.atan2(b, a), 0.5 * Math.log(a * a + b * b)];
  const found = [];
  for (const mine of enrolled) {
    const [x, y] = [a * mine.x - b * mine.y + tx, b * mine.x + a * mine.y + ty];
    for (const theirs of seen) {
      const reach = Math.min(1.5 * Math.exp(theirs.size) + slack, PAIRS.GUIDED_WIDEST_PX);
      if ((x - theirs.x) ** 2 + (y - theirs.y) ** 2 > reach * reach) continue;
      if (Math.abs(theirs.size - mine.size - growth) > PAIRS.GUIDED_SCALE) continue;
      if (between(theirs.angle - mine.angle, turn) > PAIRS.GUIDED_TURN) continue;
      const worth = Math.min(PAIRS.ENOUGH_BITS, mine.cap) - apart(mine.bits, theirs.bits);
      if (worth > 0) found.push({ pair: [mine, theirs], worth });
    }
  }
  const taken = [new Set(), new Set()];
  const cell = ({ x, y }) => Math.floor(y / PAIRS.CELL_PX) * 128 + Math.floor(x / PAIRS.CELL_PX);
  return found.sort((one, other) => other.worth - one.worth).filter(({ pair }) => {
    const cells = pair.map(cell);
    if (cells.some((each, side) => taken[side].has(each))) return false;
    cells.forEach((each, side) => taken[side].add(each));
    return true;
  });
}
