/** Would a picture be told as a copy of this photo? The twin of matchers/deciding.py and matchers/regions/judging.py. */

import { ORIENTATIONS } from "../hashing/orientations.js";
import { agreement, capped } from "./agreement.js";
import { weigh } from "./evidence.js";
import { mirrored, read } from "./kept.js";
import { PARTS, WHOLE } from "./limits.js";

/**
 * @param {object} enrolled a fingerprint as it is sent
 * @returns {(seen: object) => "whole" | "part" | null} what says how another fingerprint is like it
 */
export function judge(enrolled) {
  const mine = enrolled.regions && capped(read(enrolled.regions));
  return (seen) => {
    const evidence = mine && seen.regions ? weighed(mine, read(seen.regions)) : null;
    if (alike(enrolled, seen, evidence)) return "whole";
    return evidence && isAPart(evidence) ? "part" : null;
  };
}

/** The evidence of the picture or of its mirror, whichever agrees more; null where nothing does. */
export function weighed(mine, seen) {
  const upright = { ...seen, patches: [...seen.patches].sort((one, other) => one.x - other.x) };
  const found = [upright, mirrored(upright)]
    .map((asked) => ({ asked, agreed: agreement(mine, asked) }))
    .filter(({ agreed }) => agreed)
    .sort((one, other) => other.agreed.score - one.agreed.score);
  return found.length ? weigh(mine, found[0].asked, found[0].agreed) : null;
}

function alike(enrolled, seen, evidence) {
  const distances = ORIENTATIONS.map(({ name }) => differing(enrolled.pdq.upright, seen.pdq[name]));
  const distance = Math.min(...distances);
  const second = secondOpinion(enrolled.phash, seen.phash, ORIENTATIONS[distances.indexOf(distance)]);
  if ([enrolled, seen].some(({ flags }) => flags.includes("plain"))) {
    return distance <= WHOLE.plain && second <= WHOLE.witness_plain;
  }
  const agree = evidence !== null && evidence.bits >= PARTS.support_bits;
  if (distance > WHOLE.certain && enrolled.regions && seen.regions && !agree) return false;
  const [near, far] = agree ? [WHOLE.near, WHOLE.far] : [WHOLE.alone, WHOLE.near];
  return (distance <= near && second <= WHOLE.witness_near) || (distance <= far && second <= WHOLE.witness_far);
}

/** Bits that differ between hashes in hexadecimal. */
function differing(one, other) {
  let bits = 0;
  for (let at = 0; at < one.length; at += 1) {
    for (let left = parseInt(one[at], 16) ^ parseInt(other[at], 16); left; left &= left - 1) bits += 1;
  }
  return bits;
}

/** phash's distance to the seen one turned: a mirror flips the odd rows or columns, a quarter turn swaps them. */
function secondOpinion(mine, theirs, { swap, byRow, byColumn }) {
  const bit = (text, row, column) => (parseInt(text[row * 2 + (column >> 2)], 16) >> (3 - (column & 3))) & 1;
  let apart = 0;
  for (let row = 0; row < 8; row += 1) {
    for (let column = 0; column < 8; column += 1) {
      const flipped = (byRow && row % 2 === 1) !== (byColumn && column % 2 === 1);
      const there = swap ? bit(theirs, column, row) : bit(theirs, row, column);
      apart += bit(mine, row, column) ^ there ^ (flipped ? 1 : 0);
    }
  }
  return apart;
}

/** Whether agreeing patches can only be a part of the photo itself. */
export function isAPart(evidence) {
  const { bits, share, meanDistance, patches } = evidence;
  if (bits < PARTS.least_bits || bits >= PARTS.certain_bits) return bits >= PARTS.certain_bits;
  if (share < PARTS.few_share && bits < PARTS.few_bits) return false;
  const furthest = PARTS.furthest_mean + PARTS.share_bits * Math.log(share);
  return meanDistance <= furthest && (patches < 3 || !couldBeWords(evidence));
}

function couldBeWords({ patches, place, thinness, bits, meanDistance, spot, turn }) {
  if (place < PARTS.least_place * (patches - 2)) return true;
  if (turn < PARTS.unturned && spot < PARTS.spot && bits < PARTS.spot_bits) return true;
  const line = patches < PARTS.word_patches ? PARTS.line : PARTS.word;
  if (thinness < line && bits < PARTS.line_bits) return true;
  const far = meanDistance > PARTS.thin_mean && patches > 3;
  return thinness < PARTS.thin && (bits < PARTS.thin_bits || far);
}
