/** Drawing surfaces, and whether this browser lets a page read back what it drew. */

/** A canvas of so many pixels, off the page where the browser can. */
export function surface(width, height) {
  const canvas = typeof OffscreenCanvas === "undefined" ? onPage(width, height) : new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d", { colorSpace: "srgb", willReadFrequently: true });
  if (pen === null) throw new Error("no canvas");
  return pen;
}

function onPage(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/**
 * Some browsers change what a page reads from a canvas, to stop it from recognising the device. A little noise
 * does no harm to a fingerprint; other pixels altogether do. Draw a known pattern, read it, compare.
 *
 * @returns {boolean} whether what comes back is what was drawn, up to `tolerated` steps of 255 in any channel
 */
export function readsBackTruly(tolerated = 3) {
  const side = 32;
  const drawn = new ImageData(side, side);
  for (let byte = 0; byte < drawn.data.length; byte += 1) {
    drawn.data[byte] = byte % 4 === 3 ? 255 : (byte * 73 + (byte >> 5) * 31) % 256;
  }
  const pen = surface(side, side);
  pen.putImageData(drawn, 0, 0);
  const read = pen.getImageData(0, 0, side, side).data;
  return drawn.data.every((value, byte) => Math.abs(value - read[byte]) <= tolerated);
}
