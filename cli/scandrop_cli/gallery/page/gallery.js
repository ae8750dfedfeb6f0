/* The list of all objects, its filters, and the way between the list and an object's own page.

Keys and metadata are whatever somebody dropped: they only ever become text, never markup. */

const scandrop = {};
window.scandrop = scandrop; // the shards call it

const PAGE = 200; // cards made at a time
const STATUSES = {
  succeeded: {sign: "✓", tone: "good", says: "succeeded"},
  rejected: {sign: "✕", tone: "look", says: "rejected"},
  failed: {sign: "!", tone: "bad", says: "failed"},
  given_up: {sign: "‼", tone: "bad", says: "given up"},
  stalled: {sign: "‖", tone: "bad", says: "stalled"},
  processing: {sign: "…", tone: "busy", says: "processing"},
  superseded: {sign: "↷", tone: "quiet", says: "superseded"},
};
const LANE_SIGNS = { // drawn in a box of 24 x 24
  image: "M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 5M15.5 9.5h.01",
  dicom: "M12 3v18M12 7c-4-3-7 0-7 3M12 7c4-3 7 0 7 3M12 12c-4-3-7 0-7 3M12 12c4-3 7 0 7 3M12 17c-3-2-5 0-5 2M12 17c3-2 5 0 5 2",
  nifti: "M3 12h3l2-6 3 13 3-10 2 6 1-3h4",
  record: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14",
  other: "M7 3h7l4 4v14H7zM14 3v4h4M12.5 16.5h.01M10.8 11a1.8 1.8 0 1 1 1.7 2.2v.8",
};
const SORTS = {
  newest: {says: "Newest", by: (a, b) => compare(moment(b), moment(a))},
  oldest: {says: "Oldest", by: (a, b) => compare(moment(a), moment(b))},
  slowest: {says: "Slowest", by: (a, b) => (b.ms ?? -1) - (a.ms ?? -1)},
  largest: {says: "Largest", by: (a, b) => (b.bytes ?? -1) - (a.bytes ?? -1)},
};
const FACETS = {
  status: {says: "Status", of: entry => [entry.status], label: name => STATUSES[name]?.says ?? name},
  lane: {says: "Lane", of: entry => [entry.lane], label: name => name},
  flag: {says: "Flags", of: entry => Object.keys(entry.flags ?? {}), label: name => scandrop.listing.kinds[name].label},
};
const PART_MISSING = "A part of this gallery cannot be loaded. On disk, keep the data folder beside index.html; behind a "
  + "link, its time is over: publish the gallery again.";
const KEYS = [
  ["/", "Search"], ["← ↑ → ↓", "Between cards; ← and → between objects"], ["Enter", "Open the card"],
  ["Esc", "Back to the list, or clear the search"], ["?", "These keys"],
];

/* ---- What both pages are made of ---- */

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

scandrop.status = entry => {
  const {sign, tone, says} = STATUSES[entry.status] ?? {sign: "?", tone: "quiet", says: plain(entry.status)};
  return el("span", {class: `status ${tone}`}, el("span", {"aria-hidden": "true", class: "sign"}, sign), says);
};

scandrop.flags = entry => el("ul", {class: "flags", "aria-label": "Flags"},
  ...Object.entries(entry.flags ?? {}).map(([kind, says]) =>
    el("li", {class: `flag ${scandrop.listing.kinds[kind].tone}`}, plain(says))));

/* A command with a button that copies it. */
scandrop.command = text => {
  const code = el("code", {}, plain(text));
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
scandrop.time = iso => {
  const date = new Date(iso);
  return el("time", {datetime: iso, title: iso}, `${DAY.format(date)}, ${CLOCK.format(date)}`);
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

/* ---- Which objects are shown ---- */

const chosen = {q: "", from: "", to: "", sort: "newest", status: new Set(), lane: new Set(), flag: new Set()};
let shown = []; // indices into the listing, in order
let made = 0; // cards of these

const moment = entry => entry.received ?? entry.finished ?? "";
const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;

function haystack(entry) {
  entry.hay ??= [entry.key, entry.code, entry.words, entry.lane, entry.status, entry.error,
    ...Object.values(entry.flags ?? {})].join("\n").toLowerCase();
  return entry.hay;
}

/* Chooses what is shown, and counts for each facet what choosing another of its values would show. */
function choose() {
  const terms = chosen.q.toLowerCase().split(/\s+/).filter(Boolean);
  const counts = Object.fromEntries(Object.keys(FACETS).map(name => [name, {}]));
  shown = [];
  scandrop.listing.objects.forEach((entry, index) => {
    const day = moment(entry).slice(0, 10);
    if (chosen.from && day < chosen.from || chosen.to && day > chosen.to) return;
    if (!terms.every(term => haystack(entry).includes(term))) return;
    const failing = Object.keys(FACETS).filter(name => !fits(name, entry));
    if (!failing.length) shown.push(index);
    for (const name of failing.length ? failing : Object.keys(FACETS)) {
      if (failing.length > 1) break;
      for (const value of FACETS[name].of(entry)) counts[name][value] = (counts[name][value] ?? 0) + 1;
    }
  });
  const entries = scandrop.listing.objects;
  shown.sort((a, b) => SORTS[chosen.sort].by(entries[a], entries[b]));
  return counts;
}

function fits(name, entry) {
  return !chosen[name].size || FACETS[name].of(entry).some(value => chosen[name].has(value));
}

function readHash(query) {
  const found = new URLSearchParams(query);
  for (const name of ["q", "from", "to"]) chosen[name] = found.get(name) ?? "";
  chosen.sort = found.get("sort") in SORTS ? found.get("sort") : "newest";
  for (const name of Object.keys(FACETS)) chosen[name] = new Set(found.getAll(name));
}

function hash() {
  const said = new URLSearchParams();
  for (const name of ["q", "from", "to"]) if (chosen[name]) said.set(name, chosen[name]);
  if (chosen.sort !== "newest") said.set("sort", chosen.sort);
  for (const name of Object.keys(FACETS)) for (const value of chosen[name]) said.append(name, value);
  return `#/${said.size ? `?${said}` : ""}`;
}

/* ---- The list ---- */

const parts = {};

function buildList() {
  const {listing} = scandrop;
  parts.search = el("input", {type: "search", id: "search", placeholder: "Key, code or word", autocomplete: "off",
    spellcheck: "false", input: () => { chosen.q = parts.search.value; changed(); }});
  for (const name of ["from", "to"]) {
    parts[name] = el("input", {type: "date", id: name,
      change: () => { chosen[name] = parts[name].value; changed(); }});
  }
  parts.sort = el("select", {id: "sort", change: () => { chosen.sort = parts.sort.value; changed(); }},
    ...Object.entries(SORTS).map(([name, {says}]) => el("option", {value: name}, says)));
  parts.clear = el("button", {type: "button", class: "clear",
    click: () => { readHash(""); changed(); parts.search.focus(); }}, "Clear all");
  parts.facets = Object.fromEntries(Object.keys(FACETS).map(name => [name, facet(name)]));
  parts.filters = el("details", {class: "filters", open: matchMedia("(min-width: 60rem)").matches},
    el("summary", {}, "Filters"),
    ...Object.values(parts.facets).map(one => one.fieldset),
    el("fieldset", {}, el("legend", {}, "Received"), el("div", {class: "days"},
      labelled("From", parts.from), labelled("To", parts.to))));
  parts.count = el("p", {class: "count", role: "status"});
  parts.cards = el("ul", {class: "cards", "aria-label": "Objects"});
  parts.more = el("button", {type: "button", class: "more", click: () => more(true)});
  parts.heading = el("h1", {tabindex: "-1"}, `Objects in ${plain(listing.environment)}`);
  parts.list = el("div", {class: "list"},
    el("header", {class: "top"},
      el("div", {}, el("p", {class: "kind"}, "Scandrop gallery"), parts.heading),
      el("p", {class: "kind"}, "Made ", scandrop.time(listing.made_at), " UTC ", keysButton())),
    el("search", {class: "tools"},
      labelled("Search", parts.search), labelled("Sort by", parts.sort), parts.clear, parts.filters),
    el("main", {id: "main", tabindex: "-1"}, parts.count, parts.cards, parts.more));
}

function labelled(says, control) {
  return el("div", {class: `field ${control.id}`}, el("label", {for: control.id}, says), control);
}

/* Buttons of which any number can be pressed; `show` says the count of each. */
function facet(name) {
  const {says, of, label} = FACETS[name];
  const values = [...new Set(scandrop.listing.objects.flatMap(of))];
  const order = name === "status" ? Object.keys(STATUSES) : Object.keys(name === "flag" ? scandrop.listing.kinds : LANE_SIGNS);
  values.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const buttons = new Map(values.map(value => {
    const count = el("span", {class: "n"});
    const press = () => {
      if (!chosen[name].delete(value)) chosen[name].add(value);
      changed();
    };
    return [value, {count, button: el("button", {type: "button", class: "choice", click: press}, plain(label(value)), count)}];
  }));
  const show = counts => buttons.forEach(({button, count}, value) => {
    button.setAttribute("aria-pressed", chosen[name].has(value));
    count.textContent = ` ${(counts[value] ?? 0).toLocaleString("en")}`;
    button.classList.toggle("none", !counts[value]);
  });
  const fieldset = el("fieldset", {hidden: !values.length}, el("legend", {}, says),
    el("div", {class: "choices"}, ...[...buttons.values()].map(({button}) => button)));
  return {fieldset, show};
}

function changed() {
  history.replaceState(null, "", hash());
  showList();
}

function showList() {
  const counts = choose();
  for (const [name, one] of Object.entries(parts.facets)) one.show(counts[name]);
  for (const name of ["from", "to", "sort"]) parts[name].value = chosen[name];
  if (parts.search.value !== chosen.q) parts.search.value = chosen.q;
  parts.clear.disabled = hash() === "#/";
  const all = scandrop.listing.objects.length;
  const {length} = shown;
  const of = length === all ? "" : ` of ${all.toLocaleString("en")}`;
  parts.count.textContent = !all ? "There is no object yet: upload one, and make the gallery again."
    : !length ? "Nothing fits. Clear a filter." : `${length.toLocaleString("en")}${of} object${all === 1 ? "" : "s"}`;
  parts.cards.replaceChildren();
  made = 0;
  more();
}

function more(byHand = false) {
  const next = shown.slice(made, made + PAGE).map(card);
  parts.cards.append(...next);
  made += next.length;
  const left = shown.length - made;
  parts.more.hidden = !left;
  parts.more.textContent = `Show ${Math.min(PAGE, left)} more (${left.toLocaleString("en")} left)`;
  if (byHand) next[0]?.querySelector("a").focus();
}

const seen = new IntersectionObserver(found => {
  for (const {target, isIntersecting} of found) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    detailsOf(Number(target.dataset.index)).then(({thumbnail}) => {
      if (thumbnail) target.replaceChildren(el("img", {src: thumbnail, alt: "", decoding: "async"}));
    }, tellNotLoaded);
  }
}, {rootMargin: "600px"});

function card(index) {
  const entry = scandrop.listing.objects[index];
  const slash = entry.key.lastIndexOf("/", entry.key.length - 2) + 1;
  const picture = el("div", {class: "picture", "data-index": index}, scandrop.laneSign(entry.lane));
  seen.observe(picture);
  const facts = [entry.bytes != null && scandrop.size(entry.bytes), entry.ms != null && scandrop.duration(entry.ms)];
  return el("li", {class: `card ${STATUSES[entry.status]?.tone ?? "quiet"}`},
    picture,
    el("div", {class: "about"},
      el("h2", {}, el("a", {href: link(entry), title: plain(entry.key)},
        slash ? el("span", {class: "folder"}, plain(entry.key.slice(0, slash))) : null,
        el("span", {class: "name"}, plain(entry.key.slice(slash))))),
      el("p", {class: "line"}, scandrop.status(entry), el("span", {class: "lane"}, plain(entry.lane)),
        entry.code ? el("code", {class: "code"}, plain(entry.code)) : null),
      scandrop.flags(entry),
      el("p", {class: "facts"}, moment(entry) ? scandrop.time(moment(entry)) : null,
        ...facts.filter(Boolean).map(fact => el("span", {}, fact))),
      entry.error ? el("p", {class: "error"}, plain(entry.error)) : null,
      entry.mend ? scandrop.command(entry.mend) : null));
}

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
  if (event.ctrlKey || event.metaKey || event.altKey || typing && event.key !== "Escape") return;
  const act = parts.single.checked || event.key.length > 1 ? ACTS[event.key] : null;
  if (act && act(event) !== false) event.preventDefault();
}

const inList = () => parts.list.isConnected;
const step = by => event => inList() ? moveTo(focused(), by) : turn(event, by);
const ACTS = {
  "/": () => inList() ? parts.search.focus() : false,
  "?": () => parts.keys.showModal(),
  Escape: event => inList() ? clearSearch(event) : void (location.hash = hash()),
  ArrowRight: step(1),
  ArrowLeft: step(-1),
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
