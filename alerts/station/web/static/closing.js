"use strict";
// The dialog that ends an alert: what was found, and for a false alarm what it came from, so that it can be cured.
const OUTCOMES = ["true_alarm", "false_alarm", "no_answer", "fixed", "test"];
const CAUSES = ["pressed_by_mistake", "device", "visitor", "pet", "away", "asleep", "other"];

function choice(group, value, word, { required = false, checked = false } = {}) {
  return element("label", { className: "choice" },
    element("input", { type: "radio", name: group, value, required, checked }), element("span", { text: say(word) }));
}

// The likeliest outcome stands first; a test is one unless somebody says otherwise.
function outcomesFor(alert) {
  if (alert.test) return ["test"];
  return alert.severity === "fault" ? ["fixed", ...OUTCOMES.filter((outcome) => outcome !== "fixed")] : OUTCOMES;
}

function openClosing(alert) {
  const dialog = document.getElementById("closing");
  const [outcomes, causes, note] = ["outcomes", "causes", "closing_note"].map((name) => document.getElementById(name));
  document.getElementById("closing_who").textContent = alert.brief[language]?.title ?? alert.kind;
  note.value = "";
  const choices = outcomesFor(alert).map((outcome) => choice("outcome", outcome, `outcome_${outcome}`, { required: true, checked: alert.test }));
  outcomes.replaceChildren(outcomes.querySelector("legend"), ...choices);
  causes.replaceChildren(causes.querySelector("legend"), ...CAUSES.map((cause) => choice("cause", cause, `cause_${cause}`)));
  causes.hidden = true;
  outcomes.onchange = () => { causes.hidden = dialog.querySelector("[name=outcome]:checked")?.value !== "false_alarm"; };
  dialog.onclose = () => {
    const outcome = dialog.querySelector("[name=outcome]:checked")?.value;
    const cause = outcome === "false_alarm" ? dialog.querySelector("[name=cause]:checked")?.value ?? null : null;
    if (dialog.returnValue === "close" && outcome) send(alert, { action: "closed", outcome, cause, note: note.value, revision: alert.revision });
  };
  dialog.returnValue = "";
  dialog.showModal();
}
