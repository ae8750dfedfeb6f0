/* The list of all objects: its cards, filters, search and order. */

const PAGE = 200; // cards made at a time
const SORTS = {
  newest: {says: "Newest", by: (a, b) => compare(minute(b), minute(a))},
  oldest: {says: "Oldest", by: (a, b) => compare(minute(a), minute(b))},
  name: {says: "Name", by: () => 0},
  slowest: {says: "Slowest", by: (a, b) => (b.ms ?? -1) - (a.ms ?? -1)},
  largest: {says: "Largest", by: (a, b) => (b.bytes ?? -1) - (a.bytes ?? -1)},
};
const FACETS = {
  status: {says: "Status", of: entry => [entry.status], order: () => Object.keys(STATUSES), label: statusWord},
  lane: {says: "Lane", of: entry => [entry.lane], order: () => Object.keys(LANE_SIGNS), label: name => name},
  flag: {says: "Flags", of: entry => Object.keys(entry.flags ?? {}), order: () => Object.keys(scandrop.listing.kinds),
    label: name => scandrop.listing.kinds[name].label},
};

/* ---- Which objects are shown ---- */

const chosen = {q: "", from: "", to: "", sort: "newest", status: new Set(), lane: new Set(), flag: new Set()};
let shown = []; // indices into the listing, in order
let made = 0; // cards of these

const moment = entry => entry.received ?? entry.finished ?? "";
const minute = entry => moment(entry).slice(0, 16); // as its card says it
const compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;

function haystack(entry) {
  entry.hay ??= [entry.key, entry.code, entry.words, entry.lane, entry.status, entry.error,
    ...Object.values(entry.flags ?? {})].join("\n").toLowerCase();
  return entry.hay;
}

/* Chooses what is shown, and counts for each facet what choosing another of its values would show. */
function choose() {
  const names = Object.keys(FACETS);
  const terms = chosen.q.toLowerCase().split(/\s+/).filter(Boolean);
  const counts = Object.fromEntries(names.map(name => [name, Object.create(null)]));
  const entries = scandrop.listing.objects;
  shown = [];
  entries.forEach((entry, index) => {
    const day = moment(entry).slice(0, 10);
    if (chosen.from && day < chosen.from || chosen.to && day > chosen.to) return;
    if (!terms.every(term => haystack(entry).includes(term))) return;
    const failing = names.filter(name => !fits(name, entry));
    if (!failing.length) shown.push(index);
    if (failing.length > 1) return;
    for (const name of failing.length ? failing : names) {
      for (const value of FACETS[name].of(entry)) counts[name][value] = (counts[name][value] ?? 0) + 1;
    }
  });
  shown.sort((a, b) => SORTS[chosen.sort].by(entries[a], entries[b]) || entries[a].rank - entries[b].rank);
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
  return `#/${String(said) && `?${said}`}`;
}

/* ---- The list ---- */

const parts = {};

/* Gives each object its rank by its name: scan-9 before scan-10. */
function rankByName(entries) {
  const natural = new Intl.Collator("en", {numeric: true});
  entries.toSorted((a, b) => natural.compare(a.key, b.key)).forEach((entry, rank) => { entry.rank = rank; });
}

function buildList() {
  const {listing} = scandrop;
  rankByName(listing.objects);
  parts.count = el("p", {class: "count", role: "status"});
  parts.cards = el("ul", {class: "cards", "aria-label": "Objects"});
  parts.more = el("button", {type: "button", class: "more", click: () => more(true)});
  parts.heading = el("h1", {tabindex: "-1"}, `Objects in ${plain(listing.environment)}`);
  parts.list = el("div", {class: "list"},
    el("header", {class: "top"},
      el("div", {}, el("p", {class: "kind"}, "Scandrop gallery"), parts.heading),
      el("p", {class: "kind"}, "Made ", scandrop.time(listing.made_at), " UTC ", keysButton())),
    el("search", {class: "tools"}, ...tools(), filters()),
    el("main", {id: "main", tabindex: "-1"}, parts.count, parts.cards, parts.more));
}

function tools() {
  parts.search = el("input", {type: "search", id: "search", placeholder: "Key, code or word", autocomplete: "off",
    spellcheck: "false", input: take("q")});
  parts.sort = el("select", {id: "sort", change: take("sort")},
    ...Object.entries(SORTS).map(([name, {says}]) => el("option", {value: name}, says)));
  parts.clear = el("button", {type: "button", class: "clear",
    click: () => { readHash(""); changed(); parts.search.focus(); }}, "Clear all");
  return [labelled("Search", parts.search), labelled("Sort by", parts.sort), parts.clear];
}

function filters() {
  for (const name of ["from", "to"]) parts[name] = el("input", {type: "date", id: name, change: take(name)});
  parts.facets = Object.fromEntries(Object.keys(FACETS).map(name => [name, facet(name)]));
  return el("details", {class: "filters", open: matchMedia("(min-width: 60rem)").matches},
    el("summary", {}, "Filters"),
    ...Object.values(parts.facets).map(one => one.fieldset),
    el("fieldset", {}, el("legend", {}, "Received"), el("div", {class: "days"},
      labelled("From", parts.from), labelled("To", parts.to))));
}

const take = name => event => {
  chosen[name] = event.target.value;
  changed();
};

function labelled(says, control) {
  return el("div", {class: `field ${control.id}`}, el("label", {for: control.id}, says), control);
}

/* Buttons of which any number can be pressed; `show` says the count of each. */
function facet(name) {
  const {says, of, order, label} = FACETS[name];
  const values = [...new Set(scandrop.listing.objects.flatMap(of))];
  const places = order();
  values.sort((a, b) => places.indexOf(a) - places.indexOf(b));
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
  seen.disconnect();
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
    if (isIntersecting) showThumbnail(target);
  }
}, {rootMargin: "600px"});

function showThumbnail(target) {
  seen.unobserve(target);
  detailsOf(Number(target.dataset.index)).then(({thumbnail}) => {
    if (thumbnail) target.replaceChildren(scandrop.picture({src: thumbnail, alt: ""}));
  }, tellNotLoaded);
}

/* On paper nothing comes into sight: all cards that were made get their pictures. */
addEventListener("beforeprint", () => document.querySelectorAll(".picture:not(:has(img))").forEach(showThumbnail));

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
      el("p", {class: "facts"}, ...times(entry),
        ...facts.filter(Boolean).map(fact => el("span", {}, fact))),
      entry.error ? el("p", {class: "error"}, plain(entry.error)) : null,
      entry.mend && entry.first ? el("p", {class: "first"}, plain(entry.first)) : null,
      entry.mend ? scandrop.command(entry.mend) : null));
}

/* When it was received, and when it was finished where that is not the same minute. */
function times({received, finished}) {
  const first = received && scandrop.time(received);
  if (!finished || received?.slice(0, 16) === finished.slice(0, 16)) return [first];
  return [first, el("span", {}, "finished ", scandrop.time(finished, {withDay: received?.slice(0, 10) !== finished.slice(0, 10)}))];
}
