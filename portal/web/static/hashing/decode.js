/**
 * From a file to pixels, by the same rules as matchers/decode.py: turned the way the camera says, converted
 * to sRGB, laid on white. The file is read on this device and goes nowhere.
 */

import { surface } from "./canvas.js";

/** A phone's browser gives up its tab when a canvas grows much beyond this. */
const MOST_PIXELS = 40_000_000;

/** Why a file cannot be used; `reason` is one of the words the page has a sentence for. */
export class NotUsable extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** @returns {Promise<ImageData>} the opaque pixels of the file */
export async function decode(file) {
  const bitmap = await opened(file);
  try {
    if (bitmap.width * bitmap.height > MOST_PIXELS) throw new NotUsable("too-large");
    return onWhite(bitmap);
  } finally {
    bitmap.close();
  }
}

async function opened(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "default" });
  } catch (error) {
    throw new NotUsable("unreadable", { cause: error });
  }
}

function onWhite(bitmap) {
  const pen = surface(bitmap.width, bitmap.height);
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, bitmap.width, bitmap.height);
  pen.drawImage(bitmap, 0, 0);
  return pen.getImageData(0, 0, bitmap.width, bitmap.height);
}
