/** Region hashes as they are kept, read back into numbers: the twin of matchers/regions/kept.py. */

import { FREQUENCIES } from "../hashing/patches.js";

const [HEADER, ROW] = [7, 22];
const WORDS = 4; // 128 bits as four words of 32

/** What a mirror does to the bits: those odd down the picture change. */
const MIRROR = FREQUENCIES.reduce((words, [row], bit) => {
  if (row % 2 === 1) words[bit >> 5] |= 1 << (bit & 31);
  return words;
}, new Int32Array(WORDS));

/**
 * @param {string | null} text base64 of region hashes
 * @returns {{width: number, height: number, patches: object[]} | null} patches with x and y in pixels of the working
 *     picture, the natural logarithm of sigma as `size`, `angle` in radians, and `bits` as four words
 */
export function read(text) {
  if (text === null) return null;
  const view = new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  const [width, height, count] = [1, 3, 5].map((at) => view.getUint16(at, true));
  const patches = Array.from({ length: count }, (_, n) => {
    const at = HEADER + ROW * n;
    return {
      x: view.getUint16(at + 16, true) / 32,
      y: view.getUint16(at + 18, true) / 32,
      size: (view.getUint8(at + 20) * Math.LN2) / 32,
      angle: (view.getUint8(at + 21) * 2 * Math.PI) / 256,
      bits: Int32Array.from({ length: WORDS }, (__, word) => view.getInt32(at + 4 * word, true)),
    };
  });
  return { width, height, patches };
}

/** The same picture seen in a mirror. */
export function mirrored({ width, height, patches }) {
  const turned = patches.map((patch) => ({
    ...patch,
    x: width - patch.x,
    angle: Math.PI - patch.angle,
    bits: patch.bits.map((word, n) => word ^ MIRROR[n]),
  }));
  return { width, height, patches: turned.reverse() };
}

/** How many of 128 bits differ. */
export function apart(one, other) {
  let count = 0;
  for (let word = 0; word < WORDS; word += 1) count += ones(one[word] ^ other[word]);
  return count;
}

function ones(word) {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
