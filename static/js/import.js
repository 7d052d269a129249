// Files dropped onto the import page, and how far a long step has come.
//
//   <form method="post" data-progress="/import/progress/<ticket>/">   posted by fetch; the server answers
//     {"url": "…"}     done: the page moves on
//     HTML             refused: the page's main part is replaced by it
//   Meanwhile the address in data-progress tells {"doing": "…", "done": 250, "total": 5000}.
//   <div data-drop> around a file input takes what is dropped onto it.
//
// Without this module the forms simply post, and the page waits.

const EVERY = 500; // ms between two looks at the progress

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-progress]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.busy === undefined) send(form);
});

async function send(form) {
  const panel = form.querySelector("[data-progress-panel]");
  const body = new FormData(form);
  form.dataset.busy = "";
  panel.hidden = false;
  panel.querySelector("progress").hidden = false;
  tell(panel, { doing: panel.dataset.textSending });
  const watching = setInterval(() => look(form.dataset.progress, panel), EVERY);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Progress": "1" } });
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
      location.assign((await answer.json()).url);
      return;
    }
    if (answer.redirected) {
      location.assign(answer.url); // the session is over: the login page
      return;
    }
    if (answer.status >= 500) end(panel, panel.dataset.textFailed);
    else replace(await answer.text());
  } catch {
    end(panel, panel.dataset.textLost);
  } finally {
    clearInterval(watching);
    delete form.dataset.busy;
  }
}

function end(panel, text) {
  panel.querySelector("p").textContent = text;
  panel.querySelector("progress").hidden = true;
}

async function look(address, panel) {
  try {
    const answer = await fetch(address);
    if (answer.ok) tell(panel, await answer.json());
  } catch {
    // The step itself says whether the connection is lost.
  }
}

function tell(panel, { doing, done, total }) {
  if (!doing) return;
  const bar = panel.querySelector("progress");
  if (total) {
    bar.max = total;
    bar.value = done;
  } else {
    bar.removeAttribute("value");
  }
  panel.querySelector("p").textContent = total ? `${doing} ${done} / ${total}` : doing;
}

function replace(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const main = page.querySelector("main");
  if (!main) {
    location.reload();
    return;
  }
  document.querySelector("main").replaceWith(document.adoptNode(main));
  document.title = page.title;
  const alert = main.querySelector("[role=alert]") ?? main;
  alert.tabIndex = -1;
  alert.focus();
  alert.scrollIntoView({ block: "nearest" });
}

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.toggleAttribute("data-over", kind === "dragenter" || kind === "dragover");
    if (kind !== "drop") return;
    const input = zone.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
  });
}
