/** One photo on the list: its file's name, which stays here, what became of it, and what can be done with it. */

const BAD = new Set(["flat", "tiny", "unreadable", "too-large", "refused", "no-answer", "common"]);

/** @param {object} words by state, and those of the trials @param {Record<string, (line: Line) => void>} actions by button */
export class Line {
  constructor(fileName, words, actions) {
    this.words = words;
    this.element = document.getElementById("line").content.cloneNode(true).firstElementChild;
    this.element.querySelector(".file").textContent = fileName;
    this.more = this.element.querySelector(".more");
    this.input = this.element.querySelector(".name input");
    for (const [name, act] of Object.entries(actions)) {
      const button = this.element.querySelector(`button.${name}`);
      button.setAttribute("aria-label", `${button.textContent}: ${fileName}`);
      button.addEventListener("click", () => act(this));
    }
    const known = this.element.querySelector(".public");
    known.addEventListener("change", () => (this.element.querySelector(".public-note").hidden = !known.checked));
    this.say("waiting");
    document.getElementById("photos").append(this.element);
  }

  get name() {
    return this.input.value.trim() || null;
  }

  say(word) {
    const state = this.element.querySelector(".state");
    state.textContent = this.words[word] ?? this.words.refused;
    this.element.dataset.state = word;
    state.classList.toggle("bad", BAD.has(word));
  }

  /** Offer what can be done once there are numbers, or nothing more. */
  offer(open) {
    this.more.hidden = !open;
  }

  trying(on) {
    this.element.querySelector(".trying").hidden = !on;
    this.element.querySelectorAll(".more button").forEach((button) => (button.disabled = on));
  }

  /** @param {Record<string, string | null>} found by trial */
  tell(found) {
    const names = Object.keys(found);
    this.list(".found-list", names.filter((name) => found[name]));
    this.list(".missed-list", names.filter((name) => !found[name]));
    this.element.querySelector(".tried").hidden = false;
    this.element.querySelector(".head-helps").hidden = Boolean(found.composite);
  }

  list(place, names) {
    const list = this.element.querySelector(place);
    const items = names.map((name) => Object.assign(document.createElement("li"), { textContent: this.words[`try-${name}`] }));
    list.replaceChildren(...items);
    list.parentElement.hidden = names.length === 0;
  }

  forgetTrials() {
    this.element.querySelector(".tried").hidden = true;
  }
}
