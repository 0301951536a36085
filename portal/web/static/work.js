/** Put newer numbers in the place of the old ones every few seconds, until somebody stops that or ten minutes are over.

Nothing is announced: a screen reader meets the new numbers where it reads. Whoever asked for less motion begins it. */

const EVERY_MS = 5_000;
const LONGEST_MS = 600_000; // a screen that is left on asks no longer than this

const button = document.getElementById("updating");
const said = document.getElementById("updated");
let timer = null;
let until = 0;

/** Ask for the page as a document: nothing of it is parsed from text here. */
function newer() {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.addEventListener("loadend", () => resolve(request.status === 200 ? request.response : null));
    request.send();
  });
}

/** Put the new numbers in place; where somebody reads or scrolls a table, it stays in their hands. */
function replace(page) {
  for (const part of page?.querySelectorAll("[data-updates]") ?? []) {
    const here = document.getElementById(part.id);
    if (here !== null && !here.contains(document.activeElement)) {
      here.replaceWith(document.importNode(part, true));
    }
  }
}

async function step() {
  if (Date.now() > until) {
    stop();
    return;
  }
  if (document.visibilityState === "visible") {
    replace(await newer());
  }
  if (timer !== null) {
    timer = setTimeout(step, EVERY_MS);
  }
}

function start() {
  until = Date.now() + LONGEST_MS;
  timer = setTimeout(step, EVERY_MS);
  show();
}

function stop() {
  clearTimeout(timer);
  timer = null;
  show();
}

function show() {
  button.textContent = timer === null ? button.dataset.start : button.dataset.stop;
  said.textContent = timer === null ? said.dataset.stopped : said.dataset.running;
}

button.hidden = false;
button.addEventListener("click", () => (timer === null ? start() : stop()));
if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
  show();
} else {
  start();
}
