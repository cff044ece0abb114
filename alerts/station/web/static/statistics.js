"use strict";
// What the alerts of a month came to: a table and bars. Tests stand apart and are counted nowhere else.
let month = ""; // "" is this month

async function drawStatistics() {
  const answer = await fetch(`/api/statistics?month=${month}`).catch(() => null);
  if (!answer?.ok) return;
  const told = await answer.json();
  month = told.month;
  document.getElementById("month").textContent = month;
  document.getElementById("statistics").replaceChildren(
    bars("outcomes", told.outcomes, "outcome"), bars("causes", told.causes, "cause"), kinds(told.kinds), beside(told));
}

function drawStatisticsIfShown() {
  if (!document.getElementById("place_statistics").hidden) drawStatistics();
}

function turnMonth(by) {
  const [year, number] = month.split("-").map(Number);
  month = new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
  drawStatistics();
}

function bars(word, counts, group) {
  const most = Math.max(1, ...Object.values(counts));
  const rows = Object.entries(counts).map(([name, count]) => {
    const bar = element("span", { className: `bar ${name}` });
    bar.style.width = `${(100 * count) / most}%`;
    return element("tr", {}, element("th", { scope: "row", text: say(`${group}_${name}`) }), element("td", { className: "number", text: String(count) }), element("td", { className: "bars" }, bar));
  });
  if (!rows.length) rows.push(element("tr", {}, element("td", { text: say("nothing_counted") })));
  return element("section", {}, element("h3", { text: say(word) }), element("table", { className: "counts" }, element("tbody", {}, ...rows)));
}

function kinds(found) {
  const outcomes = OUTCOMES.filter((outcome) => Object.values(found).some((counts) => counts[outcome]));
  const head = element("tr", {}, element("th"), ...outcomes.map((outcome) => element("th", { scope: "col", text: say(`outcome_${outcome}`) })));
  const rows = Object.entries(found).map(([kind, counts]) =>
    element("tr", {}, element("th", { scope: "row", text: say(`kind_${kind}`) }), ...outcomes.map((outcome) => element("td", { className: "number", text: String(counts[outcome] ?? 0) }))));
  if (!rows.length) return null;
  return element("section", { className: "wide" }, element("h3", { text: say("kinds") }), element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

function beside(told) {
  const { taken } = told;
  const lines = [
    taken.count ? say("taken_soon", { n: taken.count, median: span(taken.median_s), p95: span(taken.p95_s) }) : "",
    taken.count ? say("taken_within", { n60: taken.within_60_s, n180: taken.within_180_s, n: taken.count }) : "",
    told.cancelled ? say("cancelled_count", { n: told.cancelled }) : "",
    told.faults ? say("fault_count", { n: told.faults }) : "",
    say("tests_apart", { n: told.tests }),
  ];
  return element("section", { className: "wide" }, element("h3", { text: say("beside") }), element("ul", {}, ...lines.filter(Boolean).map((text) => element("li", { text }))));
}

const span = (seconds) => (seconds < 60 ? say("seconds", { n: Math.round(seconds) }) : say("minutes", { n: Math.round(seconds / 6) / 10 }));

document.getElementById("earlier").onclick = () => turnMonth(-1);
document.getElementById("later").onclick = () => turnMonth(1);
