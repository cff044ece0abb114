"use strict";
// The homes: a list beside the alerts, and a table of their own: last word, each path, the test of the chain.

function homeState(home) {
  if (!home.heard_at) return ["never", say("never_heard")];
  if (now() - new Date(home.heard_at) > home.silent_after_s * 1000) return ["silent", `${say("silent")} · ${say("heard", { t: ago(home.heard_at, now()) })}`];
  if (home.by_spare) return ["unwell", `${say("by_spare")} · ${say("heard", { t: ago(home.heard_at, now()) })}`];
  if (home.healthy === false) return ["unwell", `${say("unwell")} · ${home.faults.join("、")}`];
  return ["fine", `${say("fine")} · ${say("heard", { t: ago(home.heard_at, now()) })}`];
}

const homeName = (home) => [home.name || home.home, home.bed_code].filter(Boolean).join(" · ");
const isDue = (home) => Boolean(home.test_due_at) && new Date(home.test_due_at) <= now();

function proofText(home) {
  if (!home.test_due_at) return say("not_asked");
  if (!home.tested_at) return say("never_tested");
  return say(isDue(home) ? "test_due" : "tested", { at: day(home.tested_at), next: day(home.test_due_at) });
}

function homeRow(home) {
  const [state, text] = homeState(home);
  const paths = Object.entries(home.paths).map(([path, heard]) =>
    element("span", { className: "path", text: `${say(`path_${path}`)} ${heard ? ago(heard, now()) : say("never_heard")}` }));
  const cell = (word, ...children) => {
    const made = element("td", {}, ...children);
    made.dataset.head = say(word); // beside the cell where the table becomes a list
    return made;
  };
  return element("tr", { className: `home ${state}` },
    element("th", { scope: "row" }, element("b", { text: homeName(home) })),
    cell("column_state", element("span", { text })),
    cell("column_paths", ...(paths.length ? paths : [element("span", { text: "—" })])),
    cell("column_test", element("span", { className: isDue(home) ? "due" : "", text: proofText(home) })),
    cell("column_version", element("span", { text: home.version || "—" })));
}

function drawHomes() {
  document.getElementById("homes").replaceChildren(...picture.homes.map((home) => {
    const [state, text] = homeState(home);
    return element("li", { className: `home ${state}` }, element("b", { text: homeName(home) }), element("span", { text }),
      isDue(home) ? element("span", { className: "due", text: proofText(home) }) : null);
  }));
  document.getElementById("home_rows").replaceChildren(...picture.homes.map(homeRow));
}
