/** What would be found of this photo? Try on this device what is done to photos, and judge as the server does. */

import { surface } from "../hashing/canvas.js";
import { decode } from "../hashing/decode.js";
import { ofPicture } from "../hashing/fingerprint.js";
import { NotUsable } from "../hashing/not-usable.js";
import { EDITS } from "./edits.js";
import { judge } from "./judge.js";

const UPPER_MIDDLE = [0.3, 0.1, 0.4, 0.45]; // where a head often is, when nobody marked one
const QUALITY = 0.7;

export const TRIALS = Object.keys(EDITS);

/**
 * @param {Blob} file the photo
 * @param {object} fingerprint made of it
 * @param {number[] | null} head the marked box
 * @returns {Promise<Record<string, "whole" | "part" | null>>} for each of TRIALS how it would be found; null: not
 */
export async function tried(file, fingerprint, head) {
  const { pixels } = await decode(file);
  const photo = surface(pixels.width, pixels.height);
  photo.putImageData(pixels, 0, 0);
  const likeness = judge(fingerprint);
  const found = {};
  for (const [name, edit] of Object.entries(EDITS)) {
    found[name] = await seen(await saved(edit(photo.canvas, head ?? UPPER_MIDDLE)), likeness);
  }
  return found;
}

async function seen(copy, likeness) {
  try {
    return likeness(ofPicture(await decode(copy)));
  } catch (error) {
    if (error instanceof NotUsable) return null; // a crawler could not tell it from others either
    throw error;
  }
}

/** As a JPEG of the quality messengers choose. */
export function saved({ canvas }) {
  const options = { type: "image/jpeg", quality: QUALITY };
  if (canvas.convertToBlob) return canvas.convertToBlob(options);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no copy"))), options.type, options.quality);
  });
}
