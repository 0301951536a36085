/**
 * From a file to pixels, by the rules of docs/reference/hashes.md that matchers/decode.py follows too: turned
 * the way the camera says, converted to sRGB, laid on white, and made smaller. The file is read on this
 * device and goes nowhere.
 */

import { surface } from "./canvas.js";
import { NotUsable } from "./not-usable.js";
import { factor, smaller } from "./smaller.js";

const MOST_PIXELS = 40_000_000;
const STRIP_ROWS = 512; // a big photo is drawn strip by strip: a phone has no room for all of it twice

/** @returns {Promise<{pixels: {data, width, height}, width: number, height: number}>} small pixels, and the true size */
export async function decode(file) {
  const bitmap = await opened(file);
  try {
    const { width, height } = bitmap;
    if (width * height > MOST_PIXELS) throw new NotUsable("too-large");
    return { pixels: small(bitmap), width, height };
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

/** Draw the picture on white, strip by strip, and average each strip down. */
function small(bitmap) {
  const [across, down] = [factor(bitmap.width), factor(bitmap.height)];
  const rows = Math.max(down, STRIP_ROWS - (STRIP_ROWS % down));
  const pixels = new ImageData(Math.ceil(bitmap.width / across), Math.ceil(bitmap.height / down));
  const pen = surface(bitmap.width, Math.min(rows, bitmap.height));
  for (let top = 0; top < bitmap.height; top += rows) {
    const height = Math.min(rows, bitmap.height - top);
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, bitmap.width, height);
    pen.drawImage(bitmap, 0, -top);
    const strip = smaller(pen.getImageData(0, 0, bitmap.width, height), across, down);
    pixels.data.set(strip.data, (top / down) * pixels.width * 4);
  }
  return pixels;
}
