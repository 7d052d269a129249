// Search from anywhere. "/", Ctrl+K, Cmd+K or the button in the top bar opens it; on a page with a search field
// of its own, "/" once more goes there. Without JavaScript the button is a link to the search page.
//
// A combobox with a list box (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/): the focus stays in the field,
// the first result is chosen by itself, arrows, Home and End choose another, Enter opens it.

const SLASH = "slash-opens-search"; // in localStorage
const dialog = document.getElementById("palette");
if (dialog) start();

function start() {
  const form = dialog.querySelector("form");
  const input = form.elements.q;
  const list = dialog.querySelector("[role=listbox]");
  const summary = dialog.querySelector("[role=status]");
  const ownField = document.querySelector("main [data-search]");
  const pause = 120; // ms after the last key
  let waiting = 0;
  let asking = null;
  let answered = null; // the query whose results are shown

  dialog.querySelector(".in-list").hidden = !ownField;
  offerSwitch();
  remember();

  function open() {
    if (document.querySelector("dialog[open]")) return;
    input.value = "";
    show([], "", null);
    dialog.showModal();
    input.focus();
    ask();
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const query = input.value.trim();
    try {
      const address = `${form.action}?${new URLSearchParams({ q: query, format: "json" })}`;
      const answer = await fetch(address, { signal: asking.signal });
      const found = await answer.json();
      show(query ? found.groups : [...seen(), ...found.groups], found.summary, query);
    } catch (error) {
      if (error.name !== "AbortError") show([], dialog.dataset.failed, null);
    }
  }

  function show(groups, words, query) {
    answered = query;
    list.replaceChildren(...groups.map(groupOf));
    summary.textContent = words;
    list.scrollTop = 0;
    choose(options()[0]);
  }

  function options() {
    return [...list.querySelectorAll("[role=option]")];
  }

  function choose(option) {
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    input.setAttribute("aria-expanded", String(Boolean(option)));
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function move(key) {
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[key];
    choose(all[to % all.length]);
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, pause);
  });

  input.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing) return;
    if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
      if (!options().length) return;
      event.preventDefault();
      move(event.key);
    } else if (event.key === "/" && !input.value && ownField) {
      event.preventDefault();
      dialog.close();
      ownField.focus();
      ownField.select();
    }
  });

  // Enter opens what is chosen; what has just been typed is answered first. Where there is nothing to choose,
  // the form goes to the search page.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    if (answered !== input.value.trim()) await ask();
    const chosen = list.querySelector("[aria-selected=true]");
    if (chosen) chosen.click();
    else form.submit();
  });

  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  dialog.addEventListener("close", () => {
    clearTimeout(waiting);
    asking?.abort();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });

  document.addEventListener("keydown", (event) => {
    const letter = event.key.toLowerCase();
    const combined = letter === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    const plain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
    const slash = plain && slashOpens() && !isTyping(event.target);
    if (!combined && !slash) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
}

// A shortcut of a single character can be switched off, for those who dictate (WCAG 2.1.4): on the account page,
// for this browser.

function slashOpens() {
  try {
    return localStorage.getItem(SLASH) !== "off";
  } catch {
    return true; // storage may be forbidden
  }
}

function offerSwitch() {
  const offer = document.querySelector("[data-shortcuts]");
  if (!offer) return;
  const box = offer.querySelector("input");
  box.checked = slashOpens();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(SLASH, box.checked ? "on" : "off");
    } catch {
      box.checked = true; // it cannot be kept
    }
  });
  offer.hidden = false;
}

function isTyping(element) {
  return element.isContentEditable || element.matches("input, textarea, select");
}

let number = 0;

function groupOf(group) {
  const element = document.createElement("div");
  const label = Object.assign(document.createElement("div"), {
    className: "kind",
    id: `palette-${++number}`,
    textContent: group.label,
  });
  element.setAttribute("role", "group");
  element.setAttribute("aria-labelledby", label.id);
  element.append(label, ...group.results.map(({ title, url, detail }) => optionOf(title, url, detail)));
  if (group.more_url) element.append(optionOf(group.more_label, group.more_url, "", "more"));
  return element;
}

function optionOf(title, url, detail = "", className = "") {
  const option = Object.assign(document.createElement("a"), {
    id: `palette-${++number}`,
    href: url,
    tabIndex: -1,
    className,
    textContent: title,
  });
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  if (detail) option.append(Object.assign(document.createElement("small"), { textContent: detail }));
  return option;
}

// What this tab has shown, kept as long as the tab: nothing of it outlives the session on a shared machine.

function seenKey() {
  return `seen-${document.documentElement.dataset.user}`;
}

function seenPages() {
  try {
    return JSON.parse(sessionStorage.getItem(seenKey())) ?? [];
  } catch {
    return []; // storage may be forbidden
  }
}

function remember() {
  const path = location.pathname;
  const [visit] = performance.getEntriesByType("navigation");
  if (!/^\/(systems|assessments|controls|people)\/(?!new\/)[^/]+\/$/.test(path) || visit?.responseStatus !== 200) return;
  const here = { title: document.title.split(" · ")[0], url: path };
  const others = seenPages().filter((page) => page.url !== path);
  try {
    sessionStorage.setItem(seenKey(), JSON.stringify([here, ...others].slice(0, 6)));
  } catch {
    // As above.
  }
}

function seen() {
  const results = seenPages().filter((page) => page.url !== location.pathname);
  return results.length ? [{ label: dialog.dataset.seen, results }] : [];
}
