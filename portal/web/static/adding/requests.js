/** The panel that says what left this device: every request of the page and its worker, and every text sent. */

const SHOWN_BYTES = 1024;

/** @returns {{worker: (loads: object[]) => void, sent: (body: string) => void}} whom to tell of what the browser keeps apart */
export function panel() {
  const [page, ofWorker, texts] = [[], [], []];
  const render = () => write([...page, ...ofWorker], texts);
  if (typeof PerformanceObserver !== "undefined") {
    new PerformanceObserver((seen) => {
      page.push(...seen.getEntries().map(({ name, transferSize }) => ({ name, bytes: transferSize })));
      render();
    }).observe({ type: "resource", buffered: true });
  }
  return {
    worker: (loads) => {
      ofWorker.splice(0, Infinity, ...loads);
      render();
    },
    sent: (body) => {
      texts.push(body);
      show(body);
      render();
    },
  };
}

function write(requests, texts) {
  const own = requests.filter(({ name }) => new URL(name).origin === location.origin);
  const loads = own.filter(({ name }) => new URL(name).pathname.startsWith("/static/"));
  const foreign = requests.filter((request) => !own.includes(request));
  const others = [...foreign, ...own.filter((request) => !loads.includes(request) && !isOurs(request))];
  say("loaded", { files: loads.length, size: kilobytes(loads.reduce((sum, { bytes }) => sum + bytes, 0)) });
  say("sent-count", { n: texts.length, size: kilobytes(texts.reduce((sum, text) => sum + text.length, 0)) });
  say("elsewhere", { n: foreign.length });
  document.getElementById("others").replaceChildren(...others.map(({ name }) => element("li", name)));
}

function isOurs({ name }) {
  return new URL(name).pathname === "/me/photos";
}

function kilobytes(bytes) {
  return (bytes / SHOWN_BYTES).toFixed(1);
}

/** Fill a sentence's places; the sentence stands in the page, in the person's language. */
function say(id, values) {
  const place = document.getElementById(id);
  place.textContent = Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), place.dataset.text);
}

function show(body) {
  const leaves = document.getElementById("leaves");
  leaves.textContent = leaves.dataset.text;
  const item = document.createElement("li");
  item.append(element("pre", body));
  document.getElementById("left").append(item);
}

function element(kind, text) {
  return Object.assign(document.createElement(kind), { textContent: text });
}
