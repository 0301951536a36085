/**
 * The queue by keyboard: j and k go down and up, Enter or o opens, a takes in hand, x ticks, h goes to handing over.
 * Everything is a link or a button without this script; it only moves the focus and presses them.
 */

const rows = [...document.querySelectorAll("#queue [data-case]")];
let at = -1;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const act = { j: () => go(at + 1), k: () => go(at - 1), o: open, a: take, x: tick, h: hand }[event.key];
  if (act === undefined || rows.length === 0) return;
  event.preventDefault();
  act();
});

for (const [number, row] of rows.entries()) row.addEventListener("focusin", () => mark(number));

function go(to) {
  mark(Math.min(Math.max(to, 0), rows.length - 1));
  rows[at].querySelector("a.what").focus();
  rows[at].scrollIntoView({ block: "nearest" });
}

function mark(to) {
  if (at >= 0) rows[at].classList.remove("at");
  at = to;
  rows[at].classList.add("at");
}

function open() {
  if (at >= 0) rows[at].querySelector("a.what").click();
}

function take() {
  if (at >= 0) rows[at].querySelector("[data-key=a]")?.click();
}

function tick() {
  if (at >= 0) rows[at].querySelector("input").click();
}

function hand() {
  if (at >= 0) rows[at].querySelector("input").checked = true;
  document.getElementById("to").focus();
}
