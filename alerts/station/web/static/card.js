"use strict";
// One alert as a card. Text goes in as text, never as HTML: a home's words cannot become part of the page.
const SHAPES = { // the severity is told by shape and word, not by colour alone
  emergency: "M10 1h12l9 9v12l-9 9H10l-9-9V10z",
  warning: "M16 2 31 29H1z",
  fault: "M3 3h26v26H3z",
};

function element(tag, { text = "", className = "", ...rest } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), rest);
  if (className) made.className = className;
  if (text) made.textContent = text;
  made.append(...children.filter(Boolean));
  return made;
}

function shape(severity) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  made.setAttribute("viewBox", "0 0 32 32");
  made.setAttribute("class", "shape");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[severity]);
  made.append(path);
  return made;
}

function fact(name, text, className = "") {
  return text ? element("p", { className: `fact ${className}` }, element("b", { text: name }), element("span", { text })) : null;
}

// The lines of the brief that the card does not already show as facts of its own.
function otherLines(alert) {
  const { address, how_to_enter, phone, illnesses = [] } = alert.bed;
  const shown = [address, how_to_enter, phone, illnesses[0]].filter(Boolean);
  return (alert.brief[language]?.lines ?? []).filter((line) => !shown.some((text) => line.includes(text)));
}

function head(alert, now) {
  const who = [alert.bed.resident, alert.age && say("age", { n: alert.age })].filter(Boolean).join(" ");
  const bed = alert.bed.bed_code ? `${say("bed")} ${alert.bed.bed_code}` : alert.home;
  const title = (alert.brief[language]?.title ?? alert.kind).split(" · ")[0];
  const waited = alert.untaken ? element("p", { className: "waited", text: say("waiting", { t: stopwatch(alert.waiting_since, now) }) }) : null;
  if (waited) waited.dataset.since = alert.waiting_since;
  const badge = alert.test ? say("test") : say(`severity_${alert.severity}`);
  return element("div", { className: "head" },
    element("div", { className: "badge" }, shape(alert.test ? "fault" : alert.severity), element("span", { text: badge })),
    element("div", { className: "what" },
      element("h2", { text: title }),
      element("p", { className: "who", text: who }, element("span", { className: "bed", text: bed }))),
    waited);
}

// When it truly began; how long ago goes on ticking.
function began(alert, now) {
  const made = element("p", { className: "began", text: beganText(alert.since, now) });
  made.dataset.began = alert.since;
  return made;
}

function beganText(since, now) {
  return say("since", { at: clockTime(since, now), ago: ago(since, now) });
}

function facts(alert, now) {
  const { bed } = alert;
  const word = alert.kind === "emergency" ? "presses" : "times";
  return element("div", { className: "facts" },
    fact(say("where"), [bed.address, alert.room && `${say("room")}${language === "en" ? " " : ""}${alert.room}`].filter(Boolean).join(" · "), "where"),
    element("p", { className: "sentence", text: alert.brief[language]?.sentence ?? "" }),
    began(alert, now),
    alert.count > 1 && element("p", { className: "again", text: say(word, { n: alert.count, at: clockTime(alert.last_at, now) }) }),
    element("div", { className: "reach" },
      fact(say("way_in"), bed.how_to_enter, "way-in"),
      fact(say("call_back"), bed.phone, "phone"),
      fact(say("health"), bed.illnesses?.join(language === "zh" ? "、" : ", "))),
    alert.recovered_at && element("p", { className: "recovered", text: say("recovered", { at: clockTime(alert.recovered_at, now) }) }),
    element("ul", { className: "lines" }, ...otherLines(alert).map((text) => element("li", { text }))));
}

// Above everything else of a test, so that nobody runs; above an alert that somebody took and nobody reached.
function banner(alert) {
  if (alert.test) return element("p", { className: "banner test", text: say("test_banner") });
  return alert.overdue_by ? element("p", { className: "banner overdue", text: say("overdue", { by: alert.overdue_by }) }) : null;
}

function history(alert, now) {
  const lines = [];
  if (alert.acknowledged_at) lines.push(say("taken_by", { by: alert.acknowledged_by, at: clockTime(alert.acknowledged_at, now) }));
  if (alert.set_out_at) lines.push(say("set_out_by", { by: alert.set_out_by, at: clockTime(alert.set_out_at, now) }));
  if (alert.attended_at) lines.push(say("attended_by", { by: alert.attended_by, at: clockTime(alert.attended_at, now) }));
  if (!lines.length) return null;
  if (!alert.own) lines.push(say(alert.on_the_way ? "sending" : "sent"));
  if (alert.refused) lines.push(say("refused_by_home", { reason: alert.refused }));
  return element("p", { className: "history", text: lines.join(" · ") });
}

function buttons(alert, act) {
  const make = (word, action, className) => element("button", { type: "button", className, text: say(word), onclick: (event) => act(alert, action, event.target) });
  if (alert.untaken || alert.state === "pending") return element("div", { className: "buttons" }, make("accept", "acknowledged", "primary"));
  const goes = alert.state === "acknowledged" && !alert.test && alert.severity !== "fault";
  return element("div", { className: "buttons" },
    goes && !alert.set_out_at && make("set_out", "set_out", "primary"),
    goes && make("arrive", "attended", alert.set_out_at ? "primary" : ""),
    make("close", "closed", goes ? "" : "primary"));
}

function card(alert, now, act) {
  const tone = alert.test ? "test" : alert.severity;
  const made = element("article", { className: `card ${tone} ${alert.untaken ? "untaken" : "taken"}` },
    banner(alert), head(alert, now), facts(alert, now), history(alert, now), buttons(alert, act));
  made.dataset.id = alert.id;
  return made;
}

// A fault of a device or a line: a few words and a button, in the calmer place.
function smallCard(alert, now, act) {
  const who = [alert.bed.resident, alert.bed.bed_code || alert.home].filter(Boolean).join(" · ");
  const made = element("article", { className: `card small fault ${alert.untaken ? "untaken" : "taken"}` },
    element("h3", { text: (alert.brief[language]?.title ?? alert.kind).split(" · ")[0] }),
    element("p", { className: "quiet", text: who }),
    element("p", { className: "sentence", text: alert.brief[language]?.sentence ?? "" }),
    began(alert, now),
    alert.recovered_at && element("p", { className: "recovered", text: say("recovered", { at: clockTime(alert.recovered_at, now) }) }),
    history(alert, now), buttons(alert, act));
  made.dataset.id = alert.id;
  return made;
}
