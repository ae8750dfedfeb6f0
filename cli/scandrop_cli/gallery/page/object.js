/* One object's page. */
scandrop.renderObject = (entry, details) => {
  const {el, plain} = scandrop;
  const rows = Object.entries(details.metadata ?? {}).map(([name, value]) =>
    el("tr", {}, el("th", {scope: "row"}, plain(name)), el("td", {}, plain(JSON.stringify(value)))));
  return el("article", {}, el("h1", {}, plain(entry.key)),
    el("table", {}, el("caption", {}, "Metadata"), el("tbody", {}, ...rows)));
};
