/** Adding photos: choose, make the numbers on this device, try them, agree, send the numbers and nothing else. */

import { edited } from "./adding/head.js";
import { Line } from "./adding/line.js";
import { panel } from "./adding/requests.js";
import { hasher } from "./hashing/hasher.js";
import { SMALLEST_SIDE } from "./hashing/rules.js";

const form = document.getElementById("add");
const inputs = ["files", "camera"].map((id) => document.getElementById(id));
const agree = document.getElementById("agree");
const send = document.getElementById("send");
const stop = document.getElementById("stop");
const words = JSON.parse(form.dataset.words.replaceAll("{pixels}", SMALLEST_SIDE));
const requests = panel();
const photos = [];
let queue = Promise.resolve(); // several wait for each other, so that a phone keeps up
let [done, all] = [0, 0];

const making = start();
agree.addEventListener("change", () => (document.getElementById("agree-first").textContent = ""));
form.addEventListener("submit", submit);
stop.addEventListener("click", () => photos.forEach((photo) => (photo.stopped = true)));
inputs.forEach((input) => input.addEventListener("change", () => takeAll(input.files)));
takeAll(inputs[0].files); // on a slow line somebody may have chosen before this script came
dropped(document.getElementById("choose"));

/** The hasher, or null after the page has said why this browser cannot be used. */
async function start() {
  try {
    const made = await hasher(requests.worker);
    if (await made.truly()) {
      form.dataset.ready = "";
      return made;
    }
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
  inputs.forEach((input) => (input.disabled = true));
}

/** A photo let go anywhere on the page is not opened by the browser; on the card it is taken. */
function dropped(card) {
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => event.preventDefault());
  card.addEventListener("dragover", () => card.classList.add("over"));
  card.addEventListener("dragleave", () => card.classList.remove("over"));
  card.addEventListener("drop", (event) => {
    card.classList.remove("over");
    takeAll(event.dataTransfer.files);
  });
}

function takeAll(files) {
  [...files].forEach(take);
}

/** Put one file on the list and make its numbers when its turn comes. */
function take(file) {
  document.getElementById("none").hidden = true;
  const photo = { file, fingerprint: null, head: null, stopped: false };
  photo.line = new Line(file.name, words, { try: () => later(photo, tryOut), head: () => mark(photo), remove: () => remove(photo) });
  photos.push(photo);
  later(photo, look);
}

/** Do something with a photo when those before it are done; a photo stopped meanwhile says so. */
function later(photo, act) {
  photo.stopped = false;
  all += 1;
  queue = queue.then(async () => {
    const made = await making;
    if (made && !photo.stopped) await act(photo, made);
    else if (photo.stopped && photo.file && !photo.fingerprint) photo.line.say("stopped");
    done += 1;
    refresh();
  });
  refresh();
}

async function look(photo, made) {
  photo.line.say("working");
  try {
    const { fingerprint, state } = await made.of(photo.file, photo.head);
    photo.fingerprint = fingerprint;
    photo.line.say(state);
    photo.line.offer(true);
  } catch (refusal) {
    photo.line.say(refusal.reason ?? "unreadable");
    photo.line.offer(false);
    Object.assign(photo, { file: null, fingerprint: null }); // nothing of it is needed any more
  }
}

async function tryOut(photo, made) {
  if (photo.fingerprint === null) return;
  photo.line.trying(true);
  try {
    photo.line.tell(await made.tried(photo.file, photo.fingerprint, photo.head));
  } catch {
    photo.line.say("untried"); // the file may have been moved or deleted meanwhile
  }
  photo.line.trying(false);
}

async function mark(photo) {
  photo.line.offer(false);
  const head = await edited(photo.line.element, photo.file, photo.head).catch(() => photo.line.say("untried"));
  photo.line.offer(photo.fingerprint !== null); // it may have been sent meanwhile
  photo.line.element.querySelector("button.head").focus();
  if (head === undefined || photo.fingerprint === null) return;
  photo.head = head;
  photo.line.forgetTrials();
  later(photo, look);
}

function remove(photo) {
  Object.assign(photo, { file: null, fingerprint: null, stopped: true });
  photo.line.element.remove();
  photos.splice(photos.indexOf(photo), 1);
  document.getElementById("none").hidden = photos.length > 0;
  document.getElementById("look").focus();
  refresh();
}

function refresh() {
  const busy = done < all;
  send.disabled = busy || !photos.some(({ fingerprint }) => fingerprint !== null);
  document.getElementById("overall").hidden = photos.length === 0;
  const bar = document.getElementById("bar");
  [bar.max, bar.value] = [Math.max(all, 1), done];
  bar.hidden = stop.hidden = !busy;
  const count = document.getElementById("count");
  const ready = photos.filter(({ fingerprint }) => fingerprint !== null).length;
  count.textContent = (busy ? count.dataset.busy : count.dataset.text)
    .replace("{done}", done).replace("{all}", all).replace("{ready}", ready).replace("{photos}", photos.length)
    .replace("{sent}", photos.filter(({ sent }) => sent).length);
  if (!busy) [done, all] = [0, 0];
}

async function submit(event) {
  event.preventDefault();
  if (!agree.checked) {
    const first = document.getElementById("agree-first");
    first.textContent = first.dataset.text;
    agree.focus();
    return;
  }
  photos.filter(({ fingerprint }) => fingerprint !== null).forEach((photo) => later(photo, deliver));
  later({ fingerprint: null }, () => {
    const finished = document.getElementById("finished");
    finished.textContent = photos.every(({ fingerprint }) => fingerprint === null) ? finished.dataset.text : "";
  });
}

/** Send one photo's numbers; a photo that arrived is not sent again. */
async function deliver(photo) {
  photo.line.say("sending");
  const body = JSON.stringify({ agreed: true, label: photo.line.name, fingerprint: photo.fingerprint });
  requests.sent(body);
  try {
    const answer = await fetch("/me/photos", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Form-Token": form.dataset.token },
      body,
    });
    const { state } = await answer.json();
    photo.line.say(answer.ok ? state : "refused");
    if (!answer.ok) return;
    Object.assign(photo, { fingerprint: null, file: null, sent: state !== "common" });
    photo.line.offer(false);
  } catch {
    photo.line.say("no-answer");
  }
}
