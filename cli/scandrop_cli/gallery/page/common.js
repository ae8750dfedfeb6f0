/* What the list and the objects' pages are made of. All scripts run as one, in the order that `writing.py` names.

Keys and metadata are whatever somebody dropped: they only ever become text, never markup. */

const scandrop = {};
window.scandrop = scandrop; // the shards call it

const STATUSES = {
  succeeded: {sign: "✓", tone: "good", says: "succeeded"},
  rejected: {sign: "✕", tone: "look", says: "rejected"},
  failed: {sign: "!", tone: "bad", says: "failed"},
  given_up: {sign: "‼", tone: "bad", says: "given up"},
  stalled: {sign: "‖", tone: "bad", says: "stalled"},
  processing: {sign: "…", tone: "busy", says: "processing"},
  superseded: {sign: "↷", tone: "quiet", says: "superseded"},
  deleted: {sign: "⌫", tone: "quiet", says: "deleted"},
};
const LANE_SIGNS = { // drawn in a box of 24 x 24
  __proto__: null, // what a file names has no more than what is here
  image: "M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 5M15.5 9.5h.01",
  dicom: "M12 3v18M12 7c-4-3-7 0-7 3M12 7c4-3 7 0 7 3M12 12c-4-3-7 0-7 3M12 12c4-3 7 0 7 3M12 17c-3-2-5 0-5 2M12 17c3-2 5 0 5 2",
  nifti: "M3 12h3l2-6 3 13 3-10 2 6 1-3h4",
  record: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14",
  other: "M7 3h7l4 4v14H7zM14 3v4h4M12.5 16.5h.01M10.8 11a1.8 1.8 0 1 1 1.7 2.2v.8",
};

/* An element; a function among the attributes is a listener. A style attribute would be refused by the page's policy. */
scandrop.el = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);
scandrop.svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const {el, svg} = scandrop;

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter(child => child != null));
  return element;
}

/* Text from outside as it may be shown: what would steer or turn the line is an escape instead. */
scandrop.plain = text => String(text).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, char => {
  const code = char.codePointAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
});
const {plain} = scandrop;

const statusWord = name => STATUSES[name]?.says ?? name;

scandrop.status = entry => {
  const {sign, tone} = STATUSES[entry.status] ?? {sign: "?", tone: "quiet"};
  return el("span", {class: `status ${tone}`},
    el("span", {"aria-hidden": "true", class: "sign"}, sign), plain(statusWord(entry.status)));
};

scandrop.flags = entry => el("ul", {class: "flags", "aria-label": "Flags"},
  ...Object.entries(entry.flags ?? {}).map(([kind, says]) =>
    el("li", {class: `flag ${scandrop.listing.kinds[kind].tone}`, title: scandrop.listing.kinds[kind].why || null},
      plain(says))));

/* A command with a button that copies it; a line ends between its words, never within one that has room on a line. */
scandrop.command = text => {
  const words = plain(text).split(" ").flatMap(word => [" ", el("span", {}, word)]);
  const code = el("code", {}, ...words.slice(1));
  const button = el("button", {type: "button", class: "copy", "aria-label": `Copy the command ${plain(text)}`}, "Copy");
  button.addEventListener("click", async () => {
    const copied = await copy(text, code);
    button.textContent = copied ? "Copied" : "Selected";
    announce(copied ? "Copied." : "The command is selected: copy it with your keyboard.");
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return el("div", {class: "command"}, code, button);
};

async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // a browser that lets no page of this kind write to the clipboard
    getSelection().selectAllChildren(shown);
    return false;
  }
}

const DAY = new Intl.DateTimeFormat("en-GB", {day: "numeric", month: "short", year: "numeric", timeZone: "UTC"});
const CLOCK = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", timeZone: "UTC"});
scandrop.time = (iso, {withDay = true} = {}) => {
  const date = new Date(iso);
  return el("time", {datetime: iso, title: iso}, `${withDay ? `${DAY.format(date)}, ` : ""}${CLOCK.format(date)}`);
};

scandrop.size = bytes => {
  let amount = bytes;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (amount < 1000) return `${amount.toFixed(amount < 10 && unit !== "B" ? 1 : 0)} ${unit}`;
    amount /= 1000;
  }
  return `${amount.toFixed(1)} TB`;
};

scandrop.duration = ms => ms < 1000 ? `${ms} ms` : ms < 60000 ? `${(ms / 1000).toFixed(1)} s`
  : `${Math.floor(ms / 60000)} min ${Math.round(ms % 60000 / 1000)} s`;

const MOST = 8; // times its size that a small picture is shown at

/* A picture; a small one as the pixels that it has. */
scandrop.picture = attributes => el("img", {...attributes, decoding: "async", load: ({target}) => {
  const {naturalWidth: wide, naturalHeight: high} = target;
  target.style.setProperty("--most-wide", `${MOST * wide}px`);
  target.style.setProperty("--most-high", `${MOST * high}px`);
  target.classList.toggle("pixels", Math.min(target.clientWidth / wide, target.clientHeight / high) >= 2);
}});

scandrop.laneSign = lane => svg("svg", {viewBox: "0 0 24 24", class: "lane-sign", "aria-hidden": "true"},
  svg("path", {d: LANE_SIGNS[lane] ?? LANE_SIGNS.other}));

/* ---- The shards: thumbnails and details, loaded by a script tag since a page on disk may not fetch ---- */

const shards = new Map();

scandrop.shard = (number, objects) => shards.get(number)?.resolve(objects);

/* Resolves to an object's {thumbnail, details}. */
function detailsOf(index) {
  const number = Math.floor(index / scandrop.listing.shard);
  if (!shards.has(number)) load(number);
  return shards.get(number).promise.then(objects => objects[index % scandrop.listing.shard]);
}

function load(number) {
  const waiting = {};
  waiting.promise = new Promise((resolve, reject) => Object.assign(waiting, {resolve, reject}));
  shards.set(number, waiting);
  const script = el("script", {src: scandrop.listing.shards[number]});
  script.addEventListener("error", () => {
    shards.delete(number);
    script.remove();
    waiting.reject(new Error("not loaded"));
  });
  document.head.append(script);
}
