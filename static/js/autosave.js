// Saves a long form while it is being filled in, and never overwrites a newer revision.
//
//   <form method="post" action="…" data-autosave="assessment-14" data-save-status="#save">
//     <input type="hidden" name="revision" value="6">
//
// The whole form is posted with the header `X-Autosave: 1`. The server answers
//   200 {"revision": 7, "saved_at": "14:02"}    the hidden revision moves on
//   409 an HTML fragment                        someone else saved first: shown in #conflict, saving stops
//   422 {"errors": {"field": "message"}}        shown beside the fields
// Anything else (offline, signed out, a fault) keeps the text in this browser until a save succeeds.

const DELAY = 800; // ms after the last key
const RETRY = 10_000; // ms between attempts while there is no connection
const PATIENCE = 20_000; // ms until an answer that does not come counts as no connection
const NOT_CONTENT = new Set(["csrfmiddlewaretoken", "revision"]);

class Autosave {
  constructor(form) {
    this.form = form;
    this.status = document.querySelector(form.dataset.saveStatus ?? "#save");
    this.conflict = document.querySelector(form.dataset.conflict ?? "#conflict");
    const person = document.documentElement.dataset.user ?? "";
    this.key = `draft:${person}:${form.dataset.autosave || location.pathname}`;
    this.timer = null;
    this.saving = null; // the promise of the save under way
    this.dirty = false; // something was typed since the last save began
    this.stopped = false;

    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("submit", (event) => this.submitting(event));
    document.addEventListener("visibilitychange", () => document.hidden && this.dirty && this.save());
    window.addEventListener("online", () => this.dirty && this.save());
    // A page that the browser brings back unchanged carries a revision that may be long gone.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-discard-draft]")) this.forget();
    });
    this.restore();
  }

  // --- when to save -----------------------------------------------------------------------------------

  changed() {
    this.keep();
    if (this.stopped) return;
    this.dirty = true;
    this.schedule(DELAY);
  }

  schedule(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  async submitting(event) {
    this.stopped = true;
    clearTimeout(this.timer);
    if (this.saving) {
      // Posted now, the form would carry a revision that the save under way is about to use up.
      event.preventDefault();
      await this.saving;
      this.form.requestSubmit(event.submitter);
      return;
    }
    // Whether the server took the text shows in the revision of the next page; until then the draft stays.
    this.keep({ submitted: true });
  }

  save() {
    if (this.stopped || this.saving) return; // what is typed during a save is saved by the next one
    clearTimeout(this.timer);
    this.dirty = false;
    this.show("saving");
    this.saving = this.exchange().finally(() => (this.saving = null));
  }

  async exchange() {
    let reached = false;
    try {
      reached = await this.receive(await this.post());
    } catch {
      this.unsaved("offline");
    }
    if (this.dirty && !this.stopped) this.schedule(reached ? DELAY : RETRY);
  }

  post() {
    return fetch(this.form.action, {
      method: "POST",
      body: new FormData(this.form),
      headers: { "X-Autosave": "1", Accept: "application/json" },
      redirect: "manual", // a redirect leads to the login page: the session is over
      signal: AbortSignal.timeout(PATIENCE),
      keepalive: document.hidden, // the page may be closing
    });
  }

  // Returns whether the server dealt with what was sent.
  async receive(response) {
    if (response.ok) {
      const { revision, saved_at: time } = await response.json();
      this.revision.value = revision;
      this.errors({});
      if (this.dirty) this.keep();
      else this.forget();
      this.show("saved", time);
      return true;
    }
    if (response.status === 409) {
      this.stopped = true;
      this.keep();
      this.conflict.innerHTML = await response.text();
      this.conflict.tabIndex = -1;
      this.conflict.focus();
      this.show("conflict");
      return true;
    }
    if (response.status === 422) {
      this.errors((await response.json()).errors);
      this.show("invalid");
      return true;
    }
    this.unsaved(response.type === "opaqueredirect" || response.status === 403 ? "signedOut" : "failed");
    return false;
  }

  unsaved(reason) {
    this.dirty = true;
    this.keep();
    this.show(reason);
  }

  // --- what the person sees ---------------------------------------------------------------------------

  // The words stand in the partial components/save_state.html, where they can be translated.
  show(state, time = "") {
    if (!this.status) return;
    const words = this.status.dataset[`text${state[0].toUpperCase()}${state.slice(1)}`];
    this.status.dataset.state = state;
    this.status.textContent = words.replace("%s", time);
  }

  errors(messages) {
    for (const shown of this.form.querySelectorAll(".err[data-autosave-error]")) shown.remove();
    for (const control of this.form.querySelectorAll("[data-autosave-invalid]")) {
      control.removeAttribute("aria-invalid");
      control.removeAttribute("data-autosave-invalid");
      describe(control, "remove", `${control.id}_error`);
    }
    for (const [name, message] of Object.entries(messages)) {
      const found = this.form.elements[name];
      const control = found instanceof RadioNodeList ? found[0] : found;
      if (!control) continue;
      const box = control.closest(".field") ?? control.parentElement;
      box.querySelector(".err")?.remove();
      const paragraph = document.createElement("p");
      paragraph.className = "err";
      paragraph.id = `${control.id}_error`;
      paragraph.dataset.autosaveError = "";
      paragraph.textContent = message;
      box.append(paragraph);
      control.setAttribute("aria-invalid", "true");
      control.dataset.autosaveInvalid = "";
      describe(control, "add", paragraph.id);
    }
  }

  // --- the draft in this browser ----------------------------------------------------------------------

  get revision() {
    return this.form.elements.revision;
  }

  content() {
    return [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && !NOT_CONTENT.has(name));
  }

  keep({ submitted = false } = {}) {
    const draft = { revision: this.revision.value, fields: this.content(), submitted };
    try {
      localStorage.setItem(this.key, JSON.stringify(draft));
    } catch {
      // No room or no permission: the server's copy is then the only one.
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Nothing was kept.
    }
  }

  restore() {
    const draft = this.draft();
    if (!draft) return;
    const taken = draft.submitted && draft.revision !== this.revision.value;
    if (taken || same(draft.fields, this.content())) {
      this.forget();
      return;
    }
    fill(this.form, draft.fields);
    // The draft grew from this revision. If someone has saved since, the server says so and shows both.
    this.revision.value = draft.revision;
    this.dirty = true;
    this.show("restored");
    this.schedule(DELAY);
  }

  draft() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }
}

function describe(control, verb, id) {
  const ids = new Set((control.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  ids[verb === "add" ? "add" : "delete"](id);
  if (ids.size) control.setAttribute("aria-describedby", [...ids].join(" "));
  else control.removeAttribute("aria-describedby");
}

function same(before, after) {
  const plain = (fields) => JSON.stringify(fields.map(([name, value]) => [name, value.replaceAll("\r\n", "\n").trim()]));
  return plain(before) === plain(after);
}

function fill(form, fields) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const control of form.elements) {
    if (!control.name || NOT_CONTENT.has(control.name) || control.type === "file" || control.type === "submit") continue;
    const wanted = values.get(control.name) ?? [];
    if (control.type === "checkbox" || control.type === "radio") control.checked = wanted.includes(control.value);
    else if (control.multiple) for (const option of control.options) option.selected = wanted.includes(option.value);
    else if (wanted.length) control.value = wanted.shift(); // several controls may share a name
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) new Autosave(form);
