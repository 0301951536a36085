/**
 * Leave quickly: blank the page at once, end the session without waiting for the answer, and put another
 * website in the place of this page in the history. Without JavaScript the button is a plain link there.
 *
 * Somebody may press "back" sooner than the goodbye reaches the server, or the goodbye may be lost. So this tab
 * remembers that it was left: a page of a session that still lives shows nothing, says goodbye again and goes to
 * the sign-in page; the first page without a session forgets the leaving.
 */

const leave = document.getElementById("leave");

leave.addEventListener("click", (event) => {
  event.preventDefault();
  document.documentElement.classList.add("gone-away");
  remember(true);
  goodbye().catch(() => {});
  location.replace(leave.href);
});

window.addEventListener("pageshow", () => {
  if (!wasLeft()) return;
  if (leave.dataset.session === "none") {
    remember(false);
    document.documentElement.classList.remove("gone-away");
    return;
  }
  document.documentElement.classList.add("gone-away"); // a page kept whole by the browser did not run left.js again
  goodbye().then(() => location.replace("/sign-in")).catch(() => {});
});

function goodbye() {
  const form = new URLSearchParams({ token: leave.dataset.token });
  return fetch("/sign-out", { method: "POST", body: form, keepalive: true, redirect: "manual" });
}

function wasLeft() {
  try {
    return sessionStorage.getItem("left") !== null;
  } catch {
    return false;
  }
}

function remember(left) {
  try {
    if (left) sessionStorage.setItem("left", "yes");
    else sessionStorage.removeItem("left");
  } catch {
    // A browser that keeps nothing: the goodbye alone has to do.
  }
}
