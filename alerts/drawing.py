"""Draws docs/ladder.md from the very tables that the gateway runs by: the alert's life and who is told when.

Theory of operation
-------------------
`python -m alerts.drawing > docs/ladder.md`. A test holds the page and the tables together, so the page cannot lie.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

from alerts.hours import Days, Hours
from alerts.ladder import CHATTY, NEWS, REPEATS_S
from alerts.lifecycle import TRANSITIONS, Step
from alerts.model import Alert, AlertKind, AlertState, Severity
from alerts.rungs import Ladder, Rung, turns

STATES = {
    AlertState.PENDING: "预警倒计时",
    AlertState.OPEN: "待接警",
    AlertState.ACKNOWLEDGED: "已接警",
    AlertState.ATTENDED: "已到场",
    AlertState.RETURNED: "情况已解除，仍需有人看",
    AlertState.CANCELLED: "老人已取消",
    AlertState.CLOSED: "已办结",
}
STEPS = {
    Step.OCCURRED: "再次发生",
    Step.CLEARED: "情况解除",
    Step.COUNTED_DOWN: "倒计时结束",
    Step.OVERDUE: "无人到场",
    Step.CANCELLED: "老人取消",
    Step.ACKNOWLEDGED: "接警",
    Step.SET_OUT: "出发",
    Step.ATTENDED: "到场",
    Step.CLOSED: "办结",
}
OFFICE = (Hours(opens=time(8, 30), closes=time(17, 30), days=Days.WORKDAYS),)
EXAMPLE = Ladder(
    rungs=(
        Rung(contact="邻居 neighbour", channels=("call",), after_s=0, gentle=True),
        Rung(contact="驿站 station", channels=("station",), after_s=0, hours=OFFICE),
        Rung(contact="值班手机 duty", channels=("call", "sms"), after_s=60),
        Rung(contact="家人 family", channels=("call",), after_s=120),
        Rung(contact="热线 hotline", channels=("call",), after_s=180, severities=frozenset({Severity.EMERGENCY})),
    ),
    round_s=180.0,
    gentle_s=300.0,
)
NOON, NIGHT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC), datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CASES = (
    ("紧急呼叫，周一中午 / emergency call, Monday noon", AlertKind.EMERGENCY, Severity.EMERGENCY, NOON),
    ("紧急呼叫，周一 23:00 / emergency call, Monday 23:00", AlertKind.EMERGENCY, Severity.EMERGENCY, NIGHT),
    ("长时间无动静，周一中午 / no sign of life, Monday noon", AlertKind.INACTIVITY, Severity.EMERGENCY, NOON),
    ("长时间无动静，周一 23:00 / no sign of life, Monday 23:00", AlertKind.INACTIVITY, Severity.EMERGENCY, NIGHT),
    ("大门未关，周一 23:00 / door left open, Monday 23:00", AlertKind.DOOR, Severity.WARNING, NIGHT),
    ("电量低，周一 23:00 / battery low, Monday 23:00", AlertKind.BATTERY, Severity.FAULT, NIGHT),
)


def page() -> str:
    """Give docs/ladder.md."""
    words = Path(__file__).with_name("ladder_words.md").read_text("utf-8")
    return words.format(life=life(), table=table(), news=news(), repeats="、".join(f"{s:g}" for s in REPEATS_S))


def life() -> str:
    """Give the alert's life as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {state} : {STATES[state]} {state}" for state in AlertState]
    lines += ["    [*] --> pending : 拿不准，先问老人", "    [*] --> open : 发生"]
    lines += [f"    {before} --> {after} : {STEPS[step]}" for (before, step), after in TRANSITIONS.items()]
    return "\n".join([*lines, "    cancelled --> [*]", "    closed --> [*]"])


def table() -> str:
    """Give who is told when, for each case, as a table."""
    contacts = [rung.contact for rung in EXAMPLE.rungs]
    lines = ["| | " + " | ".join(contacts) + " |", "| --- " * (len(contacts) + 1) + "|"]
    for name, kind, severity, at in CASES:
        waits = {turn.rung.contact: turn.after_s for turn in turns(EXAMPLE, _alert(kind, severity, at), at)}
        cells = [_wait(waits[contact]) if contact in waits else "–" for contact in contacts]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def news() -> str:
    """Give of which changes each channel tells those already told, as a table."""
    told = [step for step in Step if step in STEPS and step not in {Step.COUNTED_DOWN, Step.OVERDUE, Step.CANCELLED}]
    lines = ["| | " + " | ".join(STEPS[step] for step in told) + " |", "| --- " * (len(told) + 1) + "|"]
    for channel in (*sorted(CHATTY), *NEWS):
        marks = ["✓" if channel in CHATTY or step in NEWS[channel] else "" for step in told]
        lines.append(f"| {channel} | " + " | ".join(marks) + " |")
    return "\n".join(lines)


def _wait(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds:g} s"  # noqa: PLR2004 - an hour


def _alert(kind: AlertKind, severity: Severity, at: datetime) -> Alert:
    return Alert(
        key="", kind=kind, severity=severity, subject="resident", state=AlertState.OPEN, since=at, opened_at=at,
        reason="", last_at=at, updated_at=at, called_from=at,
    )  # fmt: skip


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is this program's output
