// What all views share: one heading, one lead, one view at a time.

import { byId } from "./dom.js";

/** Shows one view under its heading. */
export function showView(name, title, lead) {
  for (const view of document.querySelectorAll("[id^=view-]")) view.hidden = view.id !== `view-${name}`;
  retitle(title, lead);
}

export function retitle(title, lead) {
  byId("title").textContent = title;
  byId("lead").textContent = lead;
  document.title = `${title} – Safelight`;
}

/** Shows what the address names from the start, as if one had just come. */
export function reload() {
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Where reading goes on after something new has come. */
export function focusTitle() {
  byId("title").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}
