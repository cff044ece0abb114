// Keeps the page fresh: each event of /events fetches the glance anew. Without this file the page reloads each minute.
"use strict";

const REFRESH_MS = 30_000; // "3 minutes ago" must not stay so for an hour on a quiet day
const LOST_MS = 15_000; // the box says something at least every 10 s

const glance = document.getElementById("glance");
const news = document.getElementById("news");
const lost = document.getElementById("lost");
let heard = Date.now();
let fetching = false;
let again = false;

function hear() {
  heard = Date.now();
  lost.hidden = true;
}

function show(html) {
  const open = [...glance.querySelectorAll("details[open]")].map((details) => details.id);
  glance.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  const title = glance.firstElementChild?.dataset.title ?? document.title;
  if (title !== document.title) news.textContent = title; // read aloud to who cannot see the page
  document.title = title;
}

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch("/glance");
    if (answer.status === 401) return location.assign("/login");
    if (answer.ok) {
      show(await answer.text());
      hear();
    }
  } catch {
    // the box cannot be reached; the banner says so below
  } finally {
    fetching = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

const events = new EventSource("/events");
events.addEventListener("changed", () => {
  hear();
  refresh();
});
events.addEventListener("alive", hear);
setInterval(refresh, REFRESH_MS);
setInterval(() => {
  lost.hidden = Date.now() - heard < LOST_MS;
}, 1000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
