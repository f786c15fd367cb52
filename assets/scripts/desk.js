// Keeps a page of the desk as it is now. Without this script the page is whole and only has to be asked for again.
// Nothing moves under somebody's hands: while the focus is inside, the page waits.
"use strict";
const live = () => document.getElementById("live");
const inUse = () => live().contains(document.activeElement);
let wanted = false;
let busy = false;

async function look() {
  if (!wanted || busy || document.hidden || inUse()) return;
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const text = answer.ok && !answer.redirected ? await answer.text() : "";
    const next = new DOMParser().parseFromString(text, "text/html").getElementById("live");
    if (next && !inUse()) {
      for (const open of live().querySelectorAll("details[open][id]")) {
        const same = next.querySelector("#" + CSS.escape(open.id));
        if (same) same.open = true;
      }
      live().replaceWith(next);
      wanted = false;
    }
  } catch {
    // No network: the next look asks again.
  } finally {
    busy = false;
  }
}

if (live()) {
  new EventSource("/api/v1/desk/hints").onmessage = () => { wanted = true; look(); };
  document.addEventListener("visibilitychange", look);
  setInterval(look, 5000);
}
