/** Drawing or typing the box around a head, on a preview that is drawn here and goes nowhere. */

const PREVIEW = 640; // pixels of the preview's longer side
const FIRST = [30, 10, 40, 45]; // percent: left, top, width, height
const SMALLEST = 5;
const FIELDS = ["left", "top", "width", "height"];
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Open the editor below a photo's line.
 * @param {number[] | null} head shares of the picture, or null
 * @returns {Promise<number[] | null | undefined>} the box, null for none, undefined when nothing is to change
 */
export async function edited(line, file, head) {
  const editor = document.getElementById("head-editor").content.cloneNode(true).firstElementChild;
  const canvas = editor.querySelector("canvas");
  const fields = FIELDS.map((name) => editor.querySelector(`[name=${name}]`));
  const bitmap = await preview(file);
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  let box = head ? head.map((share) => Math.round(share * 100)) : [...FIRST];
  const set = (next, keep = null) => {
    box = within(next);
    draw(canvas, bitmap, box);
    fields.forEach((field, n) => field !== keep && (field.value = box[n]));
  };
  fields.forEach((field) => field.addEventListener("input", () => set(fields.map(({ valueAsNumber }) => valueAsNumber || 0), field)));
  fields.forEach((field) => field.addEventListener("change", () => set(box)));
  byPointer(canvas, set);
  canvas.addEventListener("keydown", (event) => byKey(event, box, set));
  set(box);
  line.append(editor);
  canvas.focus();
  const chosen = await pressed(editor);
  bitmap.close();
  editor.remove();
  return { use: box.map((percent) => percent / 100), none: null, leave: undefined }[chosen];
}

async function preview(file) {
  const whole = await createImageBitmap(file, { imageOrientation: "from-image" });
  const factor = Math.min(1, PREVIEW / Math.max(whole.width, whole.height));
  const size = { resizeWidth: Math.ceil(whole.width * factor), resizeHeight: Math.ceil(whole.height * factor) };
  const small = await createImageBitmap(whole, size);
  whole.close();
  return small;
}

/** Whole percents, large enough to draw, within the picture. */
function within([left, top, width, height]) {
  const range = (value, least, most) => Math.round(Math.min(Math.max(value, least), most));
  const [x, y] = [range(left, 0, 100 - SMALLEST), range(top, 0, 100 - SMALLEST)];
  return [x, y, range(width, SMALLEST, 100 - x), range(height, SMALLEST, 100 - y)];
}

function draw(canvas, bitmap, [left, top, width, height]) {
  const pen = canvas.getContext("2d");
  const [across, down] = [canvas.width / 100, canvas.height / 100];
  pen.drawImage(bitmap, 0, 0);
  for (const [colour, thick] of [["#ffffff", 6], ["#0b3d42", 3]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.strokeRect(left * across, top * down, width * across, height * down);
  }
}

/** From where the finger or mouse goes down to where it goes up. */
function byPointer(canvas, set) {
  let start = null;
  const place = ({ offsetX, offsetY }) => [(offsetX / canvas.clientWidth) * 100, (offsetY / canvas.clientHeight) * 100];
  canvas.addEventListener("pointerdown", (event) => {
    start = place(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const end = place(event);
    set([0, 1].map((n) => Math.min(start[n], end[n])).concat([0, 1].map((n) => Math.abs(start[n] - end[n]))));
  });
  canvas.addEventListener("pointerup", () => (start = null));
  canvas.addEventListener("pointercancel", () => (start = null));
}

/** Arrows move the box, with Shift its size. */
function byKey(event, [left, top, width, height], set) {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  set(event.shiftKey ? [left, top, width + step[0], height + step[1]] : [left + step[0], top + step[1], width, height]);
}

function pressed(editor) {
  return new Promise((resolve) => {
    editor.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => resolve(button.value)));
  });
}
