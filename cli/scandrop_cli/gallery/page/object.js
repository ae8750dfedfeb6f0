/* One object's page. Whatever a key, a sidecar or a derivative says is put in as text, never as markup. */
(() => {
  const {el, svg, plain, command} = scandrop;
  const HIGH = 120; // of a drawing that is 64 bins wide

  const section = (title, ...children) => el("section", {}, el("h2", {}, title), ...children);

  const definitions = (facts, kind) =>
    el("dl", {class: kind}, ...facts.map(([name, value, meaning]) => el("div", {},
      el("dt", {}, plain(name)), el("dd", {}, plain(value), meaning ? el("small", {}, plain(meaning)) : null))));

  const NUMBERS = new Set(["Bytes", "Line"]); // heads of columns that stand to the right

  const LONG = 24; // rows, past which a table is opened by a button

  const opener = (body, rest) => {
    const button = el("button", {type: "button"}, `Show the other ${rest.length}`);
    button.addEventListener("click", () => {
      body.append(...rest);
      rest[0].setAttribute("tabindex", "-1");
      rest[0].focus();
      button.remove();
    });
    return button;
  };

  const table = (caption, heads, rows) => {
    const head = heads.map(name => el("th", {scope: "col", class: NUMBERS.has(name) ? "n" : null}, name));
    const body = el("tbody", {}, ...rows.slice(0, LONG));
    const scroll = el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
      el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...head)), body));
    return rows.length > LONG ? el("div", {}, scroll, opener(body, rows.slice(LONG))) : scroll;
  };

  /* Where a value lies between the ends of the drawing, as a part of its width. */
  const place = ({lowest, highest}, value) =>
    highest > lowest ? Math.min(Math.max((value - lowest) / (highest - lowest), 0), 1) : 0.5;

  /* Counts from 0 to 1 as one outline of bars. */
  const bars = heights => "M0 " + HIGH + heights.map(
    (height, bin) => `V${(HIGH * (1 - height)).toFixed(1)}H${bin + 1}`).join("") + `V${HIGH}Z`;

  const short = value => Number(value.toPrecision(5)).toLocaleString("en");

  /* A label under the drawing at a part of its width, held to its edges. */
  const mark = (at, text) => {
    const span = el("span", {}, text);
    if (at < 0.2) span.style.left = "0";
    else if (at > 0.8) span.style.right = "0";
    else Object.assign(span.style, {left: `${100 * at}%`, transform: "translateX(-50%)"});
    return span;
  };

  /* The window as a band, and the gray that it makes of each value: black below, white above, or the other way. */
  const windowOver = (spread, bins) => {
    const [low, high] = spread.window;
    const gray = value => Math.min(Math.max((value - low) / (high - low), 0), 1);
    const at = value => `${(bins * place(spread, value)).toFixed(2)} `
      + (HIGH * (spread.inverted ? gray(value) : 1 - gray(value))).toFixed(1);
    const inside = spread.window.map(end => Math.min(Math.max(end, spread.lowest), spread.highest));
    const [left, right] = inside.map(end => bins * place(spread, end));
    return [
      svg("rect", {class: "window", x: left, y: 0, width: Math.max(right - left, 0.2), height: HIGH}),
      svg("path", {class: "ramp", d: `M${[spread.lowest, ...inside, spread.highest].map(at).join("L")}`}),
    ];
  };

  const windowMark = spread => {
    const [left, right] = spread.window.map(end => place(spread, end));
    return el("div", {class: "marks window-marks", "aria-hidden": "true"},
      mark((left + right) / 2, `window ${spread.window.map(short).join(" to ")}`));
  };

  const histogram = spread => {
    const {counts, unit, window: ends, says} = spread, most = Math.max(...counts);
    const whole = {viewBox: `0 0 ${counts.length} ${HIGH}`, preserveAspectRatio: "none"};
    const drawing = svg("svg", {...whole, role: "img", "aria-label": `Histogram. ${says}`},
      svg("path", {class: "pale", d: bars(counts.map(count => Math.log1p(count) / Math.log1p(most)))}),
      svg("path", {class: "dark", d: bars(counts.map(count => count / most))}),
      ...(ends ? windowOver(spread, counts.length) : []));
    const edges = [mark(0, short(spread.lowest)), mark(1, `${short(spread.highest)} ${unit}`.trim())];
    return el("figure", {class: "histogram"},
      el("h2", {}, ends ? "Histogram and window" : "Histogram"), ends ? windowMark(spread) : null,
      el("div", {class: "plot"}, drawing), el("div", {class: "marks", "aria-hidden": "true"}, ...edges),
      el("figcaption", {}, `${says} Blue: how many pixels; gray: the logarithm of it.`
        + (ends ? " The orange line: how light the window shows a value." : "")));
  };

  const picture = ({url, width, height, says}, entry) => el("figure", {class: "shown"},
    scandrop.picture({src: url, width, height, alt: `Preview of ${plain(entry.key)}`}),
    says ? el("figcaption", {}, says) : null);

  const SIGNS = {pass: "✓", warn: "!", fail: "✕"};

  const verdict = ({verdict: word, reasons}) => el("div", {class: `verdict ${word}`},
    el("strong", {}, `${SIGNS[word] ?? ""} Quality: ${word}`),
    el("ul", {}, ...reasons.map(([isAgainst, reason]) => el("li", {class: isAgainst ? "against" : "for"},
      el("span", {"aria-hidden": "true"}, isAgainst ? "! " : "✓ "), plain(reason)))));

  const report = ({report: url}) => section("Motion, carpet plot, tSNR and connectivity",
    el("p", {}, el("a", {href: url, target: "_blank", rel: "noopener"}, "Open the report alone"),
      " for the volumes that stand out, all numbers, provenance and references."),
    el("iframe", {src: `${url}#figures`, title: "Quality report of the run", sandbox: "allow-scripts"}));

  /* The frame is as tall as the report in it says: from disk a page may not ask it. An older report says nothing. */
  addEventListener("message", ({source, data}) => {
    const frame = document.querySelector(".sheet iframe");
    if (frame && source === frame.contentWindow && data.height > 0) frame.style.height = `${data.height}px`;
  });

  const reject = ([line, path, reason]) => el("tr", {},
    el("th", {scope: "row", class: "n"}, line.toLocaleString("en")),
    el("td", {}, el("code", {}, plain(path || "the record itself"))), el("td", {}, plain(reason)));

  const rejects = ({rejects: rows, rejected, reasons}) => {
    const caption = rows.length < rejected
      ? `The first ${rows.length} of ${rejected.toLocaleString("en")}, without their values`
      : "Each of them, without its values";
    return section("Records that were refused",
      el("ul", {class: "counts"}, ...reasons.map(([reason, count]) =>
        el("li", {}, el("b", {}, count.toLocaleString("en")), ` ${plain(reason)}`))),
      rows.length ? table(caption, ["Line", "Field", "Reason"], rows.map(reject))
        : el("p", {}, "They are too many for this page: rejects.jsonl has them."));
  };

  const warnings = found => section(found.length === 1 ? "One warning" : `${found.length} warnings`,
    definitions(found, "rows"));

  /* Milliseconds by phase as one bar, and beside it in words. */
  const took = ({steps, facts}) => {
    const all = steps.reduce((sum, [, ms]) => sum + ms, 0) || 1, parts = [], words = [];
    let at = 0;
    steps.forEach(([name, ms], number) => {
      parts.push(svg("rect", {class: `step s${number}`, x: 100 * at / all, y: 0, width: 100 * ms / all, height: 10}));
      words.push(el("li", {class: `s${number}`}, `${name} `, el("b", {}, `${ms.toLocaleString("en")} ms`)));
      at += ms;
    });
    const whole = {viewBox: "0 0 100 10", preserveAspectRatio: "none"};
    const bar = svg("svg", {class: "bar", ...whole, "aria-hidden": "true"}, ...parts);
    return section("What it took", ...(steps.length ? [bar, el("ul", {class: "steps"}, ...words)] : []),
      definitions(facts, "tiles"));
  };

  const derivative = withSides => one => el("tr", {},
    el("th", {scope: "row"}, one.link ? el("a", {href: one.link}, plain(one.name)) : plain(one.name),
      one.what ? el("small", {}, one.what) : null),
    withSides ? el("td", {}, one.sides) : null, el("td", {class: "n"}, one.bytes), el("td", {}, el("code", {}, one.sha256)));

  const made = all => {
    const withSides = all.some(one => one.sides);
    return table("What was made of it", ["Name", ...(withSides ? ["Pixels"] : []), "Bytes", "SHA-256"],
      all.map(derivative(withSides)));
  };

  const derivatives = details => section("Derivatives",
    ...(details.download ? [command(details.download)] : []),
    details.derivatives ? made(details.derivatives) : el("p", {}, "Nothing was made of it."));

  const settings = facts => el("details", {}, el("summary", {}, "The settings that it was processed with"),
    definitions(facts, "rows"));

  const trouble = entry => entry.error || entry.mend ? [el("div", {class: `trouble ${plain(entry.status)}`},
    ...(entry.error ? [el("p", {}, plain(entry.error))] : []),
    ...(entry.code ? [el("p", {}, "Code: ", el("code", {}, plain(entry.code)))] : []),
    ...(entry.mend ? [el("p", {}, plain(entry.first ?? "To mend it:")), command(entry.mend)] : []))] : [];

  const head = entry => el("header", {},
    el("p", {class: "kind"}, `${plain(entry.lane)} lane`),
    el("h1", {}, plain(entry.key)),
    el("div", {class: "line"}, scandrop.status(entry), scandrop.flags(entry)));

  const optional = (value, make) => (value && (!Array.isArray(value) || value.length) ? [make(value)] : []);

  scandrop.renderObject = (entry, details, thumbnail) => {
    const look = details.look ?? {};
    const shown = look.picture?.url ? look.picture : thumbnail && {url: thumbnail};
    return el("article", {class: "sheet"},
      head(entry), ...trouble(entry),
      ...optional(look.verdict, () => verdict(look)),
      el("div", {class: "sight"},
        ...optional(shown, () => picture(shown, entry)),
        el("div", {class: "beside"},
          ...optional(look.first, facts => definitions(facts, "tiles")),
          ...optional(look.histogram, histogram))),
      ...optional(look.report, () => report(look)),
      ...optional(look.rejected, () => rejects(look)),
      ...optional(details.warnings, warnings),
      ...optional(details.study, text => section("Its study", command(text))),
      ...optional(details.metadata, facts => section("Metadata", definitions(facts, "rows"))),
      derivatives(details),
      ...optional(details.took, took),
      ...optional(details.provenance, facts =>
        section("Provenance", definitions(facts, "rows"), ...optional(details.settings, settings))));
  };
})();
