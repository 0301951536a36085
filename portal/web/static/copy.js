/** Copy the letter, and say whether it worked. */

const button = document.getElementById("copy");
const said = document.getElementById("copied");

button.hidden = false;
button.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(document.getElementById("letter").textContent);
    said.textContent = said.dataset.copied;
  } catch {
    said.textContent = said.dataset.failed; // no permission, or no clipboard over plain HTTP
  }
});
