"""What happened, as one clause in Chinese and in English, for every kind of alert and every known reason.

A clause is a template with these places: {who}, {when} (the moment it began), {at} ("在卧室", " in the bedroom", or
nothing), {device} (its name) and {length} (from the beginning to the moment it was noticed). A reason that is not listed gets the clause of its kind, which is always true of that kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, AlertState

if TYPE_CHECKING:
    from alerts.model import Alert
    from alerts.spoken import Language


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


TITLES = {
    AlertKind.EMERGENCY: Words("紧急呼叫", "Emergency call"),
    AlertKind.FALL: Words("跌倒", "Fall"),
    AlertKind.INACTIVITY: Words("长时间无动静", "No sign of life"),
    AlertKind.DOOR: Words("大门异常", "Entrance door"),
    AlertKind.HAZARD: Words("险情报警", "Hazard"),
    AlertKind.SILENCE: Words("设备失联", "Sensor silent"),
    AlertKind.BATTERY: Words("电量低", "Battery low"),
    AlertKind.TAMPER: Words("设备被拆动", "Device tampered with"),
    AlertKind.SYSTEM: Words("守望故障", "Watch in trouble"),
}
"""The headline of each kind."""

CLAUSES = {
    AlertKind.EMERGENCY: Words("{who}{when}{at}发出紧急呼叫", "{who} called for help{at} at {when}"),
    AlertKind.FALL: Words("{who}{when}{at}可能跌倒了", "{who} may have fallen{at} at {when}"),
    AlertKind.INACTIVITY: Words(
        "{who}从{when}起没有动静,已经 {length}", "No sign of life from {who} since {when}, for {length}"
    ),
    AlertKind.DOOR: Words(
        "{who}家的大门从{when}起有异常", "Something is unusual at the entrance door of {who} since {when}"
    ),
    AlertKind.HAZARD: Words("{who}家{at}{when}有险情报警", "A hazard alarm in the home of {who}{at} at {when}"),
    AlertKind.SILENCE: Words(
        "{who}家的“{device}”从{when}起失联", "“{device}” in the home of {who} has been silent since {when}"
    ),
    AlertKind.BATTERY: Words(
        "{who}家的“{device}”电量低,请更换电池", "“{device}” in the home of {who} needs a new battery"
    ),
    AlertKind.TAMPER: Words(
        "{who}家的“{device}”{when}被拆动", "“{device}” in the home of {who} was tampered with at {when}"
    ),
    AlertKind.SYSTEM: Words(
        "{who}家的守望盒从{when}起有故障", "The watch box of {who} has been in trouble since {when}"
    ),
}
"""The clause of each kind, true whatever the reason."""

REASONS: dict[str, Words] = {}
"""The clause of each reason that says more than its kind does."""

NOTICED_AT_ONCE = frozenset({AlertKind.EMERGENCY, AlertKind.HAZARD, AlertKind.TAMPER})
"""Kinds that a working box opens in the second they begin, so that a gap means it was not working."""

STATES = {
    AlertState.ACKNOWLEDGED: Words("{by}已接警", "{by} has taken the alert"),
    AlertState.ATTENDED: Words("{by}已到场", "{by} is with the resident"),
    AlertState.RETURNED: Words(
        "情况已自行解除,但还没有人看过老人", "The condition has gone by itself, but nobody has looked in yet"
    ),
    AlertState.CANCELLED: Words("老人已自己取消", "The resident has cancelled it"),
    AlertState.CLOSED: Words("已办结", "Closed"),
}
"""What is told of an alert that is no longer simply open."""

ABILITY = {
    0: Words("能力完好", "able"),
    1: Words("轻度失能", "mildly dependent"),
    2: Words("中度失能", "moderately dependent"),
    3: Words("重度失能", "severely dependent"),
    4: Words("完全失能", "fully dependent"),
}
"""Source: the five grades of GB/T 42195-2022."""


def clause(alert: Alert, language: Language) -> str:
    """The template that says what happened.

    Args:
        alert: any alert.
        language: "zh" or "en".

    Returns:
        The clause of its reason, or of its kind where the reason has none.
    """
    words = REASONS.get(alert.reason, CLAUSES[alert.kind])
    return words.zh if language == "zh" else words.en
