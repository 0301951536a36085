/**
 * Leave quickly: blank the page at once, end the session without waiting for the answer, and put another
 * website in the place of this page in the history. Without JavaScript the button is a plain link there.
 */

const leave = document.getElementById("leave");

leave.addEventListener("click", (event) => {
  event.preventDefault();
  document.documentElement.classList.add("gone-away");
  const form = new URLSearchParams({ token: leave.dataset.token });
  fetch("/sign-out", { method: "POST", body: form, keepalive: true, redirect: "manual" }).catch(() => {});
  location.replace(leave.href);
});
