/** What is done to photos on the web, done here to this one: each draws a copy on a canvas of this device. */

import { surface } from "../hashing/canvas.js";

const LONGEST = 1280; // what messengers send on
const PAPER = "#f4f4f4";
const INK = "#222222";
const LINES = ["one two three four", "five six seven", "eight nine ten eleven", "twelve thirteen"];

/** @type {Record<string, (photo: CanvasImageSource & {width: number, height: number}, head: number[]) => CanvasRenderingContext2D>} */
export const EDITS = { smaller, mirror, crop, caption, screenshot, composite };

/** Sent on by a messenger. */
function smaller(photo) {
  const factor = Math.min(1, LONGEST / 2 / Math.max(photo.width, photo.height));
  const pen = blank(photo.width * factor, photo.height * factor);
  pen.drawImage(photo, 0, 0, pen.canvas.width, pen.canvas.height);
  return pen;
}

function mirror(photo) {
  const pen = blank(photo.width, photo.height);
  pen.translate(photo.width, 0);
  pen.scale(-1, 1);
  pen.drawImage(photo, 0, 0);
  return pen;
}

/** A quarter of the photo, around the head. */
function crop(photo, [left, top, width, height]) {
  const start = (middle) => Math.min(Math.max(middle - 0.25, 0), 0.5);
  const [x, y] = [start(left + width / 2) * photo.width, start(top + height / 2) * photo.height];
  const pen = blank(photo.width / 2, photo.height / 2);
  pen.drawImage(photo, -x, -y);
  return pen;
}

/** Words above and below. */
function caption(photo) {
  const pen = blank(photo.width, photo.height);
  pen.drawImage(photo, 0, 0);
  const size = Math.max(12, photo.height / 12);
  write(pen, LINES[0], photo.width / 2, size * 1.3, size);
  write(pen, LINES[1], photo.width / 2, photo.height - size * 0.6, size);
  return pen;
}

function write(pen, text, x, y, size) {
  pen.font = `bold ${size}px sans-serif`;
  pen.textAlign = "center";
  pen.lineWidth = size / 8;
  pen.strokeStyle = "#000000";
  pen.fillStyle = "#ffffff";
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
}

/** A phone's screen with the photo in it. */
function screenshot(photo) {
  const [width, height] = [720, 1480];
  const pen = blank(width, height);
  const shown = Math.min(height * 0.6, (width * photo.height) / photo.width);
  pen.fillStyle = INK;
  pen.fillRect(0, 0, width, 48);
  pen.drawImage(photo, 0, 160, (shown * photo.width) / photo.height, shown);
  pen.font = "30px sans-serif";
  LINES.forEach((text, n) => pen.fillText(text, 40, 160 + shown + 70 * (n + 1)));
  pen.fillText(LINES[3], 40, 120);
  pen.beginPath();
  [100, 260, 420, 580].forEach((x) => pen.arc(x, height - 70, 26, 0, 2 * Math.PI));
  pen.fill();
  return pen;
}

/** The head cut out, a little smaller and turned, in another picture. */
function composite(photo, [left, top, width, height]) {
  const pen = blank(960, 720);
  clouds(pen);
  const more = 1.25;
  const [across, down] = [width * photo.width * more, height * photo.height * more];
  const [x, y] = [(left + width / 2) * photo.width, (top + height / 2) * photo.height];
  const factor = Math.min(1, 420 / Math.max(across, down));
  pen.translate(480, 330);
  pen.rotate(0.15);
  pen.scale(factor, factor);
  pen.beginPath();
  pen.ellipse(0, 0, across / 2, down / 2, 0, 0, 2 * Math.PI);
  pen.clip();
  pen.drawImage(photo, -x, -y);
  return pen;
}

/** Another picture: noise of four sizes, the same each time. */
function clouds(pen) {
  const { width, height } = pen.canvas;
  let state = 7;
  pen.imageSmoothingEnabled = true;
  for (const [side, share] of [[4, 1], [16, 0.5], [48, 0.35], [120, 0.3]]) {
    const small = blank(side, Math.ceil((side * 3) / 4));
    const noise = small.getImageData(0, 0, small.canvas.width, small.canvas.height);
    for (let byte = 0; byte < noise.data.length; byte += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      noise.data[byte] = byte % 4 === 3 ? 255 : state >>> 24;
    }
    small.putImageData(noise, 0, 0);
    pen.globalAlpha = share;
    pen.drawImage(small.canvas, 0, 0, width, height);
  }
  pen.globalAlpha = 1;
}

function blank(width, height) {
  const pen = surface(Math.max(1, Math.round(width)), Math.max(1, Math.round(height)));
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
  return pen;
}
