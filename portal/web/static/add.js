/** Adding photos: choose, make the numbers on this device, agree, send the numbers and nothing else. */

import { hasher } from "./hashing/hasher.js";
import { SMALLEST_SIDE } from "./hashing/rules.js";

const form = document.getElementById("add");
const files = document.getElementById("files");
const agree = document.getElementById("agree");
const send = document.getElementById("send");
const words = JSON.parse(form.dataset.words);
const photos = [];
let queue = Promise.resolve(); // several wait for each other, so that a phone keeps up
let busy = 0;

const making = start();
agree.addEventListener("change", () => (document.getElementById("agree-first").textContent = ""));
form.addEventListener("submit", submit);
files.addEventListener("change", takeChosen);
takeChosen(); // on a slow line somebody may have chosen before this script came

function takeChosen() {
  [...files.files].forEach(take);
}

/** The hasher, or null after the page has said why this browser cannot be used. */
async function start() {
  try {
    const made = await hasher();
    if (await made.truly()) return made;
    trouble("falsified");
  } catch {
    trouble("unsupported");
  }
  return null;
}

function trouble(why) {
  const place = document.getElementById("trouble");
  place.textContent = place.dataset[why];
  place.hidden = false;
  files.disabled = true;
}

/** Put one file on the list and make its numbers when its turn comes. */
function take(file) {
  const photo = { file, line: line(file.name), fingerprint: null };
  photos.push(photo);
  busy += 1;
  queue = queue.then(() => look(photo));
}

async function look(photo) {
  const made = await making;
  if (made !== null) {
    say(photo, "working");
    try {
      const { fingerprint, weak } = await made.of(photo.file);
      photo.fingerprint = fingerprint;
      say(photo, weak ? "weak" : "ready");
      name(photo);
    } catch (refusal) {
      say(photo, refusal.reason ?? "unreadable");
    }
  }
  photo.file = null; // nothing of the picture is needed any more
  busy -= 1;
  refresh();
}

/** One line of the list: the file's name, which stays here, and what became of it. */
function line(fileName) {
  document.getElementById("none").hidden = true;
  const item = document.createElement("li");
  const file = Object.assign(document.createElement("span"), { className: "file", textContent: fileName });
  const state = Object.assign(document.createElement("span"), { className: "state", textContent: words.waiting });
  item.append(file, state);
  document.getElementById("photos").append(item);
  return item;
}

function say(photo, word) {
  const state = photo.line.querySelector(".state");
  state.textContent = (words[word] ?? words.refused).replace("{pixels}", SMALLEST_SIDE);
  photo.line.dataset.state = word;
  state.classList.toggle("bad", ["flat", "tiny", "unreadable", "too-large", "refused", "no-answer"].includes(word));
}

/** A field for the name only this person sees. */
function name(photo) {
  const label = document.createElement("label");
  photo.name = Object.assign(document.createElement("input"), { type: "text", maxLength: 80, autocomplete: "off" });
  label.append(form.dataset.label, photo.name);
  photo.line.append(label);
}

function refresh() {
  send.disabled = busy > 0 || !photos.some(({ fingerprint }) => fingerprint !== null);
}

async function submit(event) {
  event.preventDefault();
  if (!agree.checked) {
    const first = document.getElementById("agree-first");
    first.textContent = first.dataset.text;
    agree.focus();
    return;
  }
  send.disabled = true;
  for (const photo of photos.filter(({ fingerprint }) => fingerprint !== null)) await deliver(photo);
  refresh();
  const finished = document.getElementById("finished");
  finished.textContent = photos.every(({ fingerprint }) => fingerprint === null) ? finished.dataset.text : "";
}

/** Send one photo's numbers; a photo that arrived is not sent again. */
async function deliver(photo) {
  say(photo, "sending");
  const body = JSON.stringify({ agreed: true, label: photo.name.value.trim() || null, fingerprint: photo.fingerprint });
  show(body);
  try {
    const answer = await fetch("/me/photos", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Form-Token": form.dataset.token },
      body,
    });
    const { state } = await answer.json();
    say(photo, answer.ok ? state : "refused");
    if (!answer.ok) return;
    photo.fingerprint = null;
    photo.name.parentElement.remove();
  } catch {
    say(photo, "no-answer");
  }
}

/** What left this device, word for word. */
function show(body) {
  const leaves = document.getElementById("leaves");
  leaves.textContent = leaves.dataset.text;
  const item = document.createElement("li");
  item.append(Object.assign(document.createElement("pre"), { textContent: body }));
  document.getElementById("left").append(item);
}
