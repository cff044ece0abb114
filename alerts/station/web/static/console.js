"use strict";
// Draws what the stream tells. Each message is the whole picture, so there is nothing to miss and nothing to merge.
const STALE_MS = 25000; // the server speaks at least every 15 s
const byId = (name) => document.getElementById(name);
let picture = null;
let heardAt = 0;
let clockOffset = 0; // the server's clock, not this computer's
let drawn = new Map(); // alert id → what its card was drawn from
let chimed = new Set();
const now = () => new Date(Date.now() + clockOffset);

function listen() {
  const stream = new EventSource("/api/stream");
  stream.addEventListener("picture", (event) => {
    picture = JSON.parse(event.data);
    heardAt = Date.now();
    clockOffset = new Date(picture.now) - heardAt;
    draw();
  });
  stream.onerror = () => {
    drawTrouble();
    if (stream.readyState === EventSource.CLOSED) fetch("/api/homes").then((answer) => (answer.status === 401 ? location.reload() : setTimeout(listen, 2000)), () => setTimeout(listen, 2000));
  };
}

async function act(alert, action, button) {
  if (action === "closed") return openClosing(alert);
  button.disabled = true;
  await send(alert, { action, revision: alert.revision });
  button.disabled = false;
}

async function send(alert, body) {
  try {
    const answer = await fetch(`/api/alerts/${alert.id}/decision`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (answer.status === 401) location.reload();
    if (!answer.ok) tellPassing((await answer.json())[language] ?? say("failed"));
  } catch {
    tellPassing(say("failed"));
  }
}

function draw() {
  drawAlerts();
  drawTrouble();
  drawHomes();
  drawClosed();
  drawStatisticsIfShown();
  byId("refused_count").textContent = say("refused_count", { n: picture.refused.length });
  byId("refused").replaceChildren(...picture.refused.toReversed().map((each) => element("li", { text: `${clockTime(each.at, now())} ${each.home}: ${each.reason} — ${each.sentence}` })));
  tick();
}

// A card is made anew only when its alert changed, so that a finger on its way to a button does not miss it.
function drawAlerts() {
  const kept = new Map([...document.querySelectorAll("article[data-id]")].map((each) => [Number(each.dataset.id), each]));
  const next = new Map();
  const cardOf = (alert) => {
    const from = language + JSON.stringify(alert);
    next.set(alert.id, from);
    const make = isFault(alert) ? smallCard : card;
    return drawn.get(alert.id) === from ? kept.get(alert.id) : make(alert, now(), act);
  };
  const cards = picture.alerts.filter((alert) => !isFault(alert)).map(cardOf);
  const faults = picture.alerts.filter(isFault).map(cardOf);
  drawn = next;
  if (!cards.length) {
    const hint = element("p", { id: "ringing", text: say(sound.on ? "will_ring" : "cannot_ring") });
    cards.push(element("div", { className: "calm" }, element("h2", { text: say("none") }), hint));
  }
  byId("alerts").replaceChildren(...cards);
  byId("faults").replaceChildren(...faults);
  byId("faults_section").hidden = !faults.length;
  ringNew();
}

function ringNew() {
  const tellings = new Set(picture.alerts.filter((alert) => alert.untaken).map((alert) => `${alert.id} ${alert.told}`));
  if ([...tellings].some((telling) => !chimed.has(telling))) {
    urgent() ? ringEmergency() : chime();
    if (urgent() && shown() !== "alerts") location.hash = "#/alerts"; // it comes to whoever looks at something else
  }
  chimed = tellings;
}

const isFault = (alert) => alert.severity === "fault" && !alert.test;
const untaken = () => (picture?.alerts ?? []).filter((alert) => alert.untaken);
const urgent = () => untaken().some((alert) => alert.severity === "emergency" && !alert.test);

function drawTrouble() {
  const offline = !heardAt || Date.now() - heardAt > STALE_MS;
  let text = "";
  if (offline) text = say("offline");
  else if (picture.store) text = say("disk", { reason: picture.store });
  else if (!picture.link.up) text = say("broker_down", { reason: picture.link.reason });
  if (Date.now() > passingUntil || offline) { byId("trouble").textContent = text; byId("trouble").hidden = !text; }
}

let passingUntil = 0;
function tellPassing(text) {
  passingUntil = Date.now() + 6000;
  byId("trouble").textContent = text;
  byId("trouble").hidden = false;
}

function drawClosed() {
  byId("closed").replaceChildren(...picture.closed.map((alert) => element("li", {},
    element("b", { text: (alert.brief[language]?.title ?? alert.kind) + (alert.test && alert.kind !== "test" ? `【${say("test")}】` : "") }),
    element("span", { text: [alert.outcome ? say(`outcome_${alert.outcome}`) : say("cancelled"), alert.cause && say(`cause_${alert.cause}`), alert.closed_by && say("closed_by", { by: alert.closed_by, at: clockTime(alert.closed_at, now()) }), alert.note].filter(Boolean).join(" · ") }))));
}

function translate() {
  document.documentElement.lang = say("html");
  for (const each of document.querySelectorAll("[data-word]")) each.textContent = say(each.dataset.word);
}

let flash = false;
function tick() {
  if (!picture) return drawTrouble();
  const real = picture.alerts.filter((alert) => !alert.test && !isFault(alert)); // a test is never counted
  const waiting = real.filter((alert) => alert.untaken).length;
  const taken = real.length - waiting;
  const tests = picture.alerts.filter((alert) => alert.test).length;
  byId("clock").textContent = TIME.format(now());
  byId("count").textContent = [waiting && say("waiting_count", { n: waiting }), taken && say("taken_count", { n: taken }), tests && say("test_count", { n: tests })].filter(Boolean).join(" · ") || say("all_calm");
  byId("count").className = waiting ? "waiting" : "";
  for (const each of document.querySelectorAll("[data-since]")) each.textContent = say("waiting", { t: stopwatch(each.dataset.since, now()) });
  for (const each of document.querySelectorAll("[data-began]")) each.textContent = beganText(each.dataset.began, now());
  flash = !flash;
  document.title = waiting ? (flash ? `(${waiting}) ${say("severity_emergency")}!` : `(${waiting}) 守望`) : "守望";
  drawTrouble();
}

// Three places: what needs somebody, the homes, the month. The alerts ring in each of them.
const PLACES = ["alerts", "homes", "statistics"];
function show(place) {
  for (const each of PLACES) {
    byId(`place_${each}`).hidden = each !== place;
    byId(`to_${each}`).setAttribute("aria-current", each === place ? "page" : "false");
  }
  if (place === "statistics") drawStatistics();
}
const shown = () => PLACES.find((place) => `#/${place}` === location.hash) ?? "alerts";
addEventListener("hashchange", () => show(shown()));

byId("sound").onclick = enableSound;
byId("language").onclick = () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  translate();
  if (picture) draw();
  drawStatisticsIfShown();
};
byId("leave").onclick = async () => { await fetch("/api/logout", { method: "POST" }); location.reload(); };
translate();
show(shown());
listen();
setInterval(tick, 1000);
setInterval(() => { if (urgent()) ringEmergency(); }, 3000);
setInterval(() => { if (picture) drawHomes(); }, 10000);
