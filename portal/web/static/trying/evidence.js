/** What agreeing patches weigh, in bits: the twin of matchers/regions/evidence.py. */

import { apart } from "./kept.js";
import { PAIRS } from "./limits.js";

/** @returns {{patches, bits, place, meanDistance, share, thinness, spot, turn}} as matchers' Evidence; turn in degrees */
export function weigh(enrolled, seen, { score, pairs, move: [a, b, tx, ty] }) {
  const n = pairs.length;
  const left = Math.max(n - 2, 0) / n;
  const [growth, turn] = [0.5 * Math.log(a * a + b * b), Math.atan2(b, a)];
  const sum = (peak, off) => pairs.reduce((bits, [mine, theirs]) => bits + likelier(peak, off(mine, theirs)), 0);
  const place = left * sum(PAIRS.ROOM / (2 * Math.PI * PAIRS.SPREAD ** 2), (mine, theirs) => {
    const off = Math.hypot(a * mine.x - b * mine.y + tx - theirs.x, b * mine.x + a * mine.y + ty - theirs.y);
    return (off * Math.exp(-theirs.size)) / Math.sqrt(Math.max(left, 1e-3)) / PAIRS.SPREAD;
  });
  const narrow = Math.sqrt(2 * Math.PI);
  const scaled = sum(PAIRS.SCALE_ROOM / (PAIRS.SCALE_SPREAD * narrow), (mine, theirs) =>
    (theirs.size - mine.size - growth) / PAIRS.SCALE_SPREAD);
  const turned = sum(PAIRS.TURN_ROOM / (PAIRS.TURN_SPREAD * narrow), (mine, theirs) =>
    around(theirs.angle - mine.angle - turn) / PAIRS.TURN_SPREAD);
  const { among, thinness } = surrounded(enrolled, seen, pairs, [a, b, tx, ty]);
  return {
    patches: n,
    bits: score + place + ((scaled + turned) * (n - 1)) / n,
    place,
    meanDistance: pairs.reduce((total, [mine, theirs]) => total + apart(mine.bits, theirs.bits), 0) / n,
    share: n / Math.max(n, among),
    thinness,
    spot: Math.hypot(...["x", "y"].map((axis) => range(pairs.map(([mine]) => mine[axis])))) / Math.max(enrolled.width, enrolled.height),
    turn: (Math.abs(turn) * 180) / Math.PI,
  };
}

function range(values) {
  return Math.max(...values) - Math.min(...values);
}

/** How much likelier a deviation, in spreads, is in a copy than by chance; in bits. */
function likelier(peak, off) {
  return Math.log2((1 - PAIRS.OUTLIERS) * peak * Math.exp(-0.5 * off * off) + PAIRS.OUTLIERS);
}

function around(angle) {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}

/** How many enrolled patches should be seen among the agreeing ones, and how thin the band is in which these lie. */
function surrounded(enrolled, seen, pairs, move) {
  const agreeing = pairs.map(([mine]) => mine);
  const mean = (axis) => agreeing.reduce((total, patch) => total + patch[axis], 0) / agreeing.length;
  const [mx, my] = [mean("x"), mean("y")];
  const direction = longest(agreeing.map(({ x, y }) => [x - mx, y - my]));
  const along = ({ x, y }) => (x - mx) * direction[0] + (y - my) * direction[1];
  const across = ({ x, y }) => (y - my) * direction[0] - (x - mx) * direction[1];
  const [length, breadth] = [along, across].map((axis) => extent(agreeing.map(axis), 1e-3));
  const inside = (patch) =>
    within(along(patch), length) && within(across(patch), breadth) && seenAgain(patch, seen, move);
  const thinness = (breadth[1] - breadth[0]) / (length[1] - length[0]);
  return {
    among: enrolled.patches.filter(inside).length,
    thinness: Math.min(thinness, PAIRS.TWO_LINES * twoLines(agreeing)),
  };
}

function extent(values, more) {
  return [Math.min(...values) - more, Math.max(...values) + more];
}

function within(value, [low, high]) {
  return value >= low && value <= high;
}

/** The direction in which places lie furthest apart: the first principal axis. */
function longest(places) {
  let [xx, xy, yy] = [0, 0, 0];
  for (const [x, y] of places) {
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
  return [Math.cos(angle), Math.sin(angle)];
}

/** How thin two lines are that hold all places, as words above and below a photo do. */
function twoLines(places) {
  if (places.length < PAIRS.FEWEST_IN_LINES) return 1;
  const thin = ["x", "y"].map((axis) => {
    const values = places.map((place) => place[axis]).sort((one, other) => one - other);
    let parted = 1;
    for (let n = 2; n < values.length; n += 1) if (values[n] - values[n - 1] > values[parted] - values[parted - 1]) parted = n;
    const thickest = Math.max(range(values.slice(0, parted)), range(values.slice(parted)));
    return thickest / (range(places.map((place) => place[axis === "x" ? "y" : "x"])) + 1e-3);
  });
  return Math.min(1, ...thin);
}

/** Whether the similarity puts a patch inside the seen picture, large enough to be found. */
function seenAgain({ x, y, size }, { width, height }, [a, b, tx, ty]) {
  const [across, down] = [a * x - b * y + tx, b * x + a * y + ty];
  const inside = across >= 0 && across < width && down >= 0 && down < height;
  return inside && size + 0.5 * Math.log(a * a + b * b) > Math.log(PAIRS.SMALLEST_SIGMA);
}
