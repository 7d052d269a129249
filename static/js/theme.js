// Sets the theme before the first paint, so this one is a classic script in <head>, not a module.
// Key and values are the Django admin's ("auto", "light", "dark"): one choice holds for both.
(() => {
  const root = document.documentElement;
  const next = { auto: "light", light: "dark", dark: "auto" };
  let theme = "auto";
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden; the theme then follows the system.
  }
  root.dataset.theme = Object.hasOwn(next, theme) ? theme : "auto";

  document.addEventListener("click", (event) => {
    if (!event.target.closest(".theme-toggle")) return;
    root.dataset.theme = next[root.dataset.theme];
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // As above: the choice then lasts as long as the page.
    }
  });
})();
