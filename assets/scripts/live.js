// Keeps the news on a ticket's page as they are now. Without this script the page is whole, and a link asks for it again.
// What somebody fills in is outside of what is exchanged; where something else can be done by now, a link says so.
"use strict";
const news = () => document.getElementById("live");
const EVERY_MS = 20000;
let busy = false;

async function look() {
  if (busy || document.hidden || news().contains(document.activeElement) || news().dataset.ended) return;
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const text = answer.ok && !answer.redirected ? await answer.text() : "";
    const next = new DOMParser().parseFromString(text, "text/html").getElementById("live");
    if (!next || news().contains(document.activeElement)) return;
    const state = (part) => part.querySelector("[data-state]").dataset.state;
    const [was, is] = [state(news()), state(next)];
    const [said, says] = [news(), next].map((part) => part.querySelector("#next").textContent);
    news().replaceWith(next);
    if (said !== says) document.getElementById("said").textContent = says;
    if (was !== is) document.getElementById("changed").hidden = false;
  } catch {
    // No network: the next look asks again.
  } finally {
    busy = false;
  }
}

if (news()) {
  document.addEventListener("visibilitychange", look);
  setInterval(look, EVERY_MS);
}
