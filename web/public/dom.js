// Elements made without markup: what users or services wrote only ever becomes text.

/** An element with attributes (`false` and `null` leave one out, `class` included) and children. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** What somebody wrote: isolated, so that its direction and overrides end where it ends. */
export const written = (text) => el("bdi", { class: "written", dir: "auto" }, text);

/** Says something to those who listen instead of looking. */
export function announce(text) {
  byId("announcement").textContent = text;
}

/** `<dl>` of [term, description] pairs, without those that have no description. */
export function facts(pairs) {
  const known = pairs.filter(([, fact]) => fact != null && fact !== "");
  return el("dl", { class: "facts" }, known.map(([term, fact]) =>
    el("div", {}, el("dt", {}, term), el("dd", {}, fact))));
}

/** A table with a caption that scrolls where it is too wide; nothing without rows. */
export function table(caption, heads, rows) {
  if (!rows.length) return null;
  return el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
    el("table", {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, rows.map(([first, ...others]) => el("tr", {},
        el("th", { scope: "row" }, first), others.map((cell) => el("td", {}, cell)))))));
}

/** A moment as ISO 8601 writes it, for people. */
export function moment(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso ?? "";
  const format = { dateStyle: "medium", timeStyle: "short" };
  return el("time", { datetime: iso }, new Intl.DateTimeFormat("en", format).format(date));
}
