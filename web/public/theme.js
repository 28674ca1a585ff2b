// The theme: the system's unless the reader chose one. Loaded first, so that nothing flashes.

const KEY = "safelight.theme";

function chosen() {
  try {
    return localStorage.getItem(KEY) ?? "system";
  } catch {
    return "system"; // A browser may refuse storage; the theme then lasts until the page is left.
  }
}

function apply(theme) {
  document.documentElement.dataset.theme = theme;
}

apply(chosen());

addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll("#theme input")) {
    input.checked = input.value === document.documentElement.dataset.theme;
    input.addEventListener("change", () => {
      apply(input.value);
      try {
        localStorage.setItem(KEY, input.value);
      } catch {
        // See above.
      }
    });
  }
});
