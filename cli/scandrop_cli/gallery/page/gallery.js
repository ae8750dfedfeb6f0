/* The way between the list and the objects' pages, the keyboard, and the start. */

const PART_MISSING = "A part of this gallery cannot be loaded. On disk, keep the data folder beside index.html; behind a "
  + "link, its time is over: publish the gallery again.";
const KEYS = [
  ["/", "Search; ↓ goes on to the cards, Enter opens the first"], ["← ↑ → ↓", "Between cards; ← and → between objects"], ["Enter", "Open the card"],
  ["Esc", "Back to the list, or clear the search"], ["?", "These keys"],
];

/* ---- One object ---- */

const link = entry => `#/o/${encodeURIComponent(entry.key)}`;
const indexOfKey = new Map();

async function showObject(key) {
  const index = indexOfKey.get(key);
  const entry = scandrop.listing.objects[index];
  const looked = entry && await detailsOf(index).catch(tellNotLoaded);
  if (opened !== key || !location.hash.startsWith("#/o/")) return; // somebody went on meanwhile
  const content = looked ? scandrop.renderObject(entry, looked.details, looked.thumbnail)
    : el("article", {}, el("h1", {}, plain(key)), el("p", {}, entry ? PART_MISSING : "The gallery has no such object."));
  parts.app.replaceChildren(el("div", {class: "object"}, ways(index), el("main", {id: "main", tabindex: "-1"}, content)));
  focusOn(content.querySelector("h1"));
}

function ways(index) {
  const at = shown.indexOf(index);
  const way = (to, says, rel) => to === undefined ? el("span", {class: "quiet"}, says)
    : el("a", {href: link(scandrop.listing.objects[to]), rel}, says);
  return el("nav", {class: "ways", "aria-label": "Objects"},
    el("a", {href: hash(), class: "back"}, "← All objects"),
    el("span", {class: "turn"}, way(at < 0 ? undefined : shown[at - 1], "Previous", "prev"),
      at < 0 ? null : el("span", {class: "kind"}, `${(at + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")}`),
      way(at < 0 ? undefined : shown[at + 1], "Next", "next")));
}

/* ---- The way between them ---- */

let opened = null; // the object whose page was left last
let place = 0; // how far the list was scrolled

function route(first = false) {
  const found = location.hash.match(/^#\/o\/(.*)$/);
  if (found) {
    if (parts.list.isConnected) place = scrollY;
    opened = decoded(found[1]);
    document.title = `${plain(opened)} - Scandrop gallery`;
    scrollTo(0, 0);
    if (first) choose(); // so that there is a next one
    showObject(opened);
    return;
  }
  document.title = `Objects in ${plain(scandrop.listing.environment)} - Scandrop gallery`;
  const back = !parts.list.isConnected;
  if (back) parts.app.replaceChildren(parts.list);
  const before = hash();
  readHash(location.hash.slice(3));
  if (first || before !== hash() || !made) showList();
  if (back && !first) returnTo(opened);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch { // a link that somebody cut off
    return text;
  }
}

function returnTo(key) {
  scrollTo(0, place);
  const left = shown.indexOf(indexOfKey.get(key));
  const cardOf = left >= 0 && left < made ? parts.cards.children[left].querySelector("a") : null;
  if (cardOf) cardOf.focus();
  else focusOn(parts.heading);
}

function focusOn(heading) {
  if (!heading) return;
  heading.setAttribute("tabindex", "-1");
  heading.focus({preventScroll: true});
}

/* ---- Keyboard, and what is told ---- */

function pressed(event) {
  const typing = event.target.closest("input, select, textarea, dialog");
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const leaves = event.key === "Escape" || event.target === parts.search && LEAVE_SEARCH.has(event.key);
  if (typing && !leaves) return;
  const act = parts.single.checked || event.key.length > 1 ? ACTS[event.key] : null;
  if (act && act(event) !== false) event.preventDefault();
}

const LEAVE_SEARCH = new Set(["ArrowDown", "Enter"]);
const inList = () => parts.list.isConnected;
const step = by => event => inList() ? moveTo(focused(), by) : turn(event, by);
const ACTS = {
  "/": () => inList() ? parts.search.focus() : false,
  "?": () => parts.keys.showModal(),
  Escape: event => inList() ? clearSearch(event) : void (location.hash = hash()),
  ArrowRight: step(1),
  ArrowLeft: step(-1),
  Enter: event => event.target === parts.search && openFirst(),
  ArrowDown: () => inList() && moveTo(focused(), columns()),
  ArrowUp: () => inList() && moveTo(focused(), -columns()),
};

function clearSearch(event) {
  if (event.target !== parts.search || !chosen.q) return false;
  chosen.q = "";
  changed();
  return true;
}

function focused() {
  return [...parts.cards.children].indexOf(document.activeElement?.closest(".card"));
}

function columns() {
  const {children} = parts.cards;
  const below = [...children].findIndex(one => one.offsetTop > children[0].offsetTop);
  return below < 0 ? children.length : below;
}

/* Focuses a card; from elsewhere the first. False where there is none, so that the key does what it does. */
function moveTo(from, by) {
  if (from < 0 && (by < 0 || document.activeElement?.closest(".choice"))) return false;
  const to = from < 0 ? 0 : from + by;
  if (to >= made && made < shown.length) more();
  const target = parts.cards.children[to]?.querySelector("a");
  target?.focus();
  return Boolean(target);
}

function openFirst() {
  const first = parts.cards.querySelector("a");
  first?.click();
  return Boolean(first);
}

function turn(event, by) {
  if (event.target.closest("[tabindex='0']")) return false; // it scrolls by itself
  const way = document.querySelector(`.ways a[rel=${by < 0 ? "prev" : "next"}]`);
  way?.click();
  return Boolean(way);
}

function keysButton() {
  return el("button", {type: "button", class: "keys-button", click: () => parts.keys.showModal()}, "Keys");
}

function announce(text) {
  parts.told.textContent = text;
}

function tellNotLoaded() {
  parts.trouble.hidden = false;
  parts.trouble.textContent = PART_MISSING;
}

scandrop.start = () => {
  scandrop.listing = JSON.parse(document.getElementById("listing").textContent);
  scandrop.listing.objects.forEach((entry, index) => indexOfKey.set(entry.key, index));
  parts.app = document.getElementById("app");
  parts.told = el("p", {class: "unseen", role: "status"});
  parts.trouble = el("p", {class: "trouble", role: "alert", hidden: true});
  parts.single = el("input", {type: "checkbox", id: "single", checked: true}); // speech input types letters by itself
  parts.keys = el("dialog", {class: "keys", "aria-labelledby": "keys-heading"},
    el("h2", {id: "keys-heading"}, "Keys"),
    el("dl", {}, ...KEYS.flatMap(([key, says]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, says)])),
    el("p", {}, parts.single, el("label", {for: "single"}, " Take / and ? as commands")),
    el("form", {method: "dialog"}, el("button", {}, "Close")));
  document.body.append(parts.told, parts.keys);
  parts.app.before(parts.trouble);
  buildList();
  addEventListener("hashchange", () => route());
  addEventListener("keydown", pressed);
  route(true);
};
