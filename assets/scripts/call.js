// Helps whoever is on the phone: the box answers while one types, danger shows as soon as it is written, and a form that
// could not be sent stays on this machine and is sent with the same key when the server answers again. Without this
// script every page works, with one more click.
{
  const PAUSE_MS = 150;
  const AGAIN_MS = 5000;
  const KEPT_MS = 12 * 3600 * 1000;
  const PREFIX = "desk-draft:";

  // ── the box ──
  const box = document.querySelector("form[data-find]");
  if (box) {
    const field = box.elements.q;
    let timer = 0;
    let last = field.value.trim();
    const look = async () => {
      const said = field.value.trim();
      if (said === last) return;
      last = said;
      try {
        const answer = await fetch("/desk?typing=1&q=" + encodeURIComponent(said), { headers: { accept: "text/html" } });
        if (!answer.ok || answer.redirected || said !== field.value.trim()) return;
        const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("found");
        if (next) document.getElementById("found").replaceWith(next);
      } catch {
        last = ""; // no network: the next letter asks again
      }
    };
    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, PAUSE_MS); });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      const stops = [field, ...document.querySelectorAll("#found a")];
      const at = stops.indexOf(document.activeElement);
      if (at < 0) return;
      const to = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
      if (to) { event.preventDefault(); to.focus(); }
    });
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.key !== "/" || typing || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (box) box.elements.q.focus(); else location.assign("/desk");
  });

  // ── danger ──
  const watched = document.querySelector("form[data-watch]");
  if (watched) {
    const words = new Set(watched.dataset.watch.split(" "));
    const advice = document.getElementById("danger");
    const watch = () => {
      const text = [...new FormData(watched).values()].join(" ").toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
      advice.hidden = !text.split(/[^\p{L}\p{N}]+/u).some((word) => words.has(word));
    };
    advice.setAttribute("role", "alert");
    watched.addEventListener("input", watch);
    watch();
  }

  // ── drafts ──
  const form = document.querySelector("form[data-draft]");
  const note = document.getElementById("draft");
  const say = (text) => {
    if (!note) return;
    const line = document.createElement("p");
    line.className = "callout warn";
    line.textContent = text;
    note.replaceChildren(line);
    return line;
  };
  const drop = (name) => { try { localStorage.removeItem(name); } catch { /* none is kept */ } };
  for (const out of document.querySelectorAll('form[action="/sign-out"]')) {
    // The next one at this machine reads nobody's draft.
    out.addEventListener("submit", () => {
      for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) drop(name);
    });
  }
  if (form) {
    const name = PREFIX + form.dataset.draft;
    const whose = form.dataset.staff || "";
    const fields = () => [...new FormData(form)].filter(([, value]) => typeof value === "string");
    const keep = (unsent) => {
      try {
        localStorage.setItem(name, JSON.stringify({ at: Date.now(), whose, unsent, fields: fields() }));
      } catch { /* a full or closed store: the form still works */ }
    };
    const read = () => {
      try {
        const draft = JSON.parse(localStorage.getItem(name));
        return draft && draft.whose === whose && Date.now() - draft.at < KEPT_MS ? draft : null;
      } catch {
        return null;
      }
    };
    const restore = (draft) => {
      for (const [key, value] of draft.fields) {
        for (const field of form.querySelectorAll(`[name="${CSS.escape(key)}"]`)) {
          if (field.type === "radio" || field.type === "checkbox") field.checked = field.checked || field.value === value;
          else field.value = value;
        }
      }
      form.dispatchEvent(new Event("input"));
    };
    const hasWords = (draft) => draft.fields.some(([key, value]) =>
      !["key", "site", "notify_by", "then"].includes(key) && value.trim() !== "");
    let busy = false;
    const send = async (button) => {
      if (busy) return;
      busy = true;
      const body = new URLSearchParams(fields());
      if (button && button.name) body.set(button.name, button.value);
      keep(true);
      try {
        const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } });
        if (answer.status >= 500 || answer.status === 429) throw new Error("later");
        if (answer.redirected) {
          // After signing in again the draft is here, with its key.
          if (!new URL(answer.url).pathname.startsWith("/sign-in")) drop(name);
          location.assign(answer.url);
          return;
        }
        // Something is wrong with it, and the browser shows what: the same form again changes nothing.
        keep(false);
        if (button && button.name) {
          const hidden = document.createElement("input");
          Object.assign(hidden, { type: "hidden", name: button.name, value: button.value });
          form.append(hidden);
        }
        form.submit();
      } catch {
        say("The server does not answer. What you typed is kept on this machine, and is sent once as soon as the server answers again.");
        setTimeout(() => send(button), AGAIN_MS);
      } finally {
        busy = false;
      }
    };
    form.addEventListener("input", () => keep(false));
    form.addEventListener("submit", (event) => { event.preventDefault(); send(event.submitter); });
    const draft = read();
    const answered = ["errors", "same", "known"].some((id) => document.getElementById(id));
    if (draft && hasWords(draft) && !answered) {
      restore(draft);
      const line = say(draft.unsent ? "This was not sent yet. Look through it and send it; it counts once." : "This was typed here before and not sent.");
      if (line) {
        const away = document.createElement("button");
        away.className = "button quiet";
        away.type = "button";
        away.textContent = "Throw it away";
        away.addEventListener("click", () => { drop(name); location.reload(); });
        line.append(" ", away);
      }
    }
  }
}
