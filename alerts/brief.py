"""警情摘要: what a person hears or reads when an alert reaches them.

One sentence that an old neighbour understands, and the few lines that station staff need to act within ten seconds:
where, how to get in, whom to ring, which illness, what the sensors saw. Pure: every time in it comes from the alert.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import spoken, unseen, usual
from alerts.evidence import lasted, moment, number, seen
from alerts.model import UNTAKEN_STATES, AlertState
from alerts.occurrence import (
    ABILITY,
    AMBULANCE_KINDS,
    AT,
    BY,
    LEFT,
    LEFT_PERCENT,
    NOBODY_YET,
    NOTICED_AT_ONCE,
    OVERDUE,
    SET_OUT,
    STATES,
    TITLES,
    TOLD_AGAIN,
    clause,
)
from alerts.part_words import part_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from alerts.model import Alert
    from alerts.spoken import Language

NAME_LIMIT = 40
"""Characters of a name: a full Uyghur or Mongolian name fits; a sentence stays one that can be spoken in a breath."""

LINE_LIMIT = 160
"""Characters of a title, an address or any other line: two lines on a phone at 20 px."""

SENTENCE_LIMIT = 400
"""Characters of the sentence: half a minute of speech at most."""

LATE_AFTER = timedelta(seconds=60)
"""A press or an alarm that was noticed later than this was missed at first. Source: telecare-facts A1, the first of
the two answering times of the UK quality framework; a working box notices within a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BedInfo:
    """What the brief says of the home care bed and of the person in it.

    Args:
        bed_code: 床位码, the station's name of this place.
        resident: the person's name.
        birth_year: for the age; None where nobody has told it.
        ability_level: 0 (able) to 4 (fully dependent) as GB/T 42195-2022 grades it; None where not assessed.
        illnesses: as the family says them, gravest first.
        address: as people of the place say it.
        how_to_enter: key, code, neighbour with a key.
        phone: the number to ring back.
        rooms: room id to the name people use.
        devices: device id to the name people use.
    """

    bed_code: str
    resident: str
    birth_year: int | None = None
    ability_level: int | None = None
    illnesses: tuple[str, ...] = ()
    address: str = ""
    how_to_enter: str = ""
    phone: str = ""
    rooms: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One alert in words.

    Args:
        title: kind, name and bed code; fits a notification.
        sentence: who, what, since when and where; to be spoken.
        lines: what else helps, most urgent first; each stands alone.
    """

    title: str
    sentence: str
    lines: tuple[str, ...]


def brief(alert: Alert, bed: BedInfo, *, language: Language, timezone: ZoneInfo) -> Brief:
    """Puts an alert into words.

    Args:
        alert: any alert, in any state, with any reason.
        bed: whose it is.
        language: "zh" or "en".
        timezone: the home's, for every time told.

    Returns:
        The brief; the same alert always gives the same words.
    """
    words = (TITLES[alert.kind].in_(language), bed.resident, bed.bed_code)
    sentences = (
        _what(alert, bed, language, timezone),
        _again(alert, bed, language, timezone),
        _late(alert, language, timezone),
    )
    space, stop = ("", "。") if language == "zh" else (" ", ".")
    sentence = space.join(told[0].upper() + told[1:] + stop for told in sentences if told)
    lines = (
        _nobody_yet(alert, language),
        _state(alert, language),
        *_visit(bed, language),
        *seen(alert, bed, language, timezone),
    )
    return Brief(
        title=spoken.one_line(" · ".join(word for word in words if word), LINE_LIMIT),
        sentence=spoken.one_line(sentence, SENTENCE_LIMIT),
        lines=tuple(spoken.one_line(line, LINE_LIMIT) for line in lines if line),
    )


def _what(alert: Alert, bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    template = clause(alert, language)
    if _is_told_again(alert):  # the place and the device are those of the latest occurrence, which _again tells
        template = template.replace("{at}", "").replace("{by}", "")
    return template.format_map(_Places(alert, bed, language, timezone))


def _again(alert: Alert, bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    if not _is_told_again(alert):
        return ""
    return TOLD_AGAIN[alert.reason].in_(language).format_map(_Places(alert, bed, language, timezone))


def _is_told_again(alert: Alert) -> bool:
    return alert.count > 1 and alert.reason in TOLD_AGAIN


class _Places(dict[str, str]):
    """What a clause's blanks stand for; each is found only when a clause has that blank, for a press is in a hurry."""

    def __init__(self, alert: Alert, bed: BedInfo, language: Language, timezone: ZoneInfo) -> None:
        super().__init__()
        self._alert, self._bed, self._language, self._timezone = alert, bed, language, timezone

    def __missing__(self, blank: str) -> str:
        return _BLANKS[blank](self._alert, self._bed, self._language, self._timezone)


def _moment(at: datetime, alert: Alert, language: Language, timezone: ZoneInfo) -> str:
    return spoken.moment(at, language, timezone, seen_from=alert.opened_at)


def _door(alert: Alert, _bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    return _moment(moment(alert.evidence, "door_at") or alert.since, alert, language, timezone)


def _limit(alert: Alert, _bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    return spoken.duration(timedelta(seconds=number(alert.evidence, "limit_s") or 0), language)


def _usual(alert: Alert, _bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    at = moment(alert.evidence, "usual_at")
    if at is not None:
        return _moment(at, alert, language, timezone)
    return spoken.duration(timedelta(seconds=number(alert.evidence, "usual_s") or 0), language)


def _in_room(alert: Alert, bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    room = _room(alert, bed)
    return AT.in_(language).format(room=_the(room, language)) if room else ""


def _by(alert: Alert, bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    return BY.in_(language).format(device=_device(alert, bed, language)) if alert.device else ""


def _left(alert: Alert, _bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    runtime_s, percent = number(alert.evidence, "runtime_s"), number(alert.evidence, "percent")
    if runtime_s is not None:
        return LEFT.in_(language).format(length=spoken.duration(timedelta(seconds=runtime_s), language))
    return "" if percent is None else LEFT_PERCENT.in_(language).format(percent=f"{percent:.0f}")


def _who(alert: Alert, bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    name = spoken.one_line(bed.resident, NAME_LIMIT)
    facts = [_age(alert, bed, language, timezone), _bed_code(bed, language)]
    known = [fact for fact in facts if fact]
    if language == "zh":
        return f"{name}老人" + (f"（{'，'.join(known)}）" if known else "")
    return (name or "the resident") + (f" ({', '.join(known)})" if known else "")


def _age(alert: Alert, bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    if bed.birth_year is None:
        return ""
    age = spoken.local(alert.opened_at, timezone).year - bed.birth_year
    return f"{age} 岁" if language == "zh" else f"{age}"


def _bed_code(bed: BedInfo, language: Language) -> str:
    code = spoken.one_line(bed.bed_code, NAME_LIMIT)
    return (f"床位 {code}" if language == "zh" else f"bed {code}") if code else ""


def _room(alert: Alert, bed: BedInfo) -> str:
    return spoken.one_line(bed.rooms.get(str(alert.evidence.get("room", "")), ""), NAME_LIMIT)


def _the(room: str, language: Language) -> str:
    return f"the {room}" if language == "en" and room.isascii() else room


def _device(alert: Alert, bed: BedInfo, language: Language) -> str:
    device_id = alert.device or alert.subject
    if device_id == "resident":
        return "传感器" if language == "zh" else "a sensor"
    return spoken.one_line(bed.devices.get(device_id) or device_id, NAME_LIMIT)


def _visit(bed: BedInfo, language: Language) -> tuple[str, ...]:
    chinese = language == "zh"
    told = (
        ("地址", "Address", bed.address),
        ("进门", "Way in", bed.how_to_enter),
        ("回电", "Call back", bed.phone),
        ("病史", "Health", _health(bed, language)),
    )
    return tuple(f"{zh}：{text}" if chinese else f"{en}: {text}" for zh, en, text in told if text)


def _health(bed: BedInfo, language: Language) -> str:
    ability = ABILITY.get(bed.ability_level) if bed.ability_level is not None else None
    graded = [ability.in_(language)] if ability else []
    return spoken.listing([*bed.illnesses, *graded], language)


def _late(alert: Alert, language: Language, timezone: ZoneInfo) -> str:
    allowed = LATE_AFTER + timedelta(seconds=sum(number(alert.evidence, name) or 0 for name in ("limit_s", "held_s")))
    if alert.kind not in NOTICED_AT_ONCE or alert.opened_at - alert.since <= allowed:
        return ""
    noticed = spoken.clock(alert.opened_at, language, timezone)
    if language == "zh":
        return f"这是迟到的告警：盒子断电或断线期间发生，{noticed} 才得知"
    return f"This alert is late: it happened while the box was off or cut off, and was learned only at {noticed}"


def _state(alert: Alert, language: Language) -> str:
    if alert.state in UNTAKEN_STATES and "overdue_by" in alert.evidence:
        limit = spoken.duration(timedelta(seconds=number(alert.evidence, "overdue_s") or 0), language)
        return OVERDUE.in_(language).format(by=_name(str(alert.evidence["overdue_by"]), language), limit=limit)
    setting_out = alert.state is AlertState.ACKNOWLEDGED and alert.set_out_at is not None
    words = SET_OUT if setting_out else STATES.get(alert.state)
    return words.in_(language).format(by=_name(alert.by, language)) if words else ""


def _name(written: str, language: Language) -> str:
    return spoken.one_line(written, NAME_LIMIT) or ("值班人员" if language == "zh" else "Somebody")


def _nobody_yet(alert: Alert, language: Language) -> str:
    if alert.rounds == 1 or alert.state not in UNTAKEN_STATES or alert.kind not in AMBULANCE_KINDS or alert.test:
        return ""
    return NOBODY_YET.in_(language).format(rounds=alert.rounds - 1)


_BLANKS: dict[str, Callable[[Alert, BedInfo, Language, ZoneInfo], str]] = {
    "who": _who,
    "when": lambda alert, _, language, timezone: _moment(alert.since, alert, language, timezone),
    "last": lambda alert, _, language, timezone: _moment(alert.last_at, alert, language, timezone),
    "door": _door,
    "length": lambda alert, _bed, language, _timezone: spoken.duration(lasted(alert), language),
    "limit": _limit,
    "usual": _usual,
    "at": _in_room,
    "room": lambda alert, bed, _language, _timezone: _room(alert, bed),
    "device": lambda alert, bed, language, _timezone: _device(alert, bed, language),
    "by": _by,
    "count": lambda alert, _bed, _language, _timezone: str(alert.count),
    "part": lambda alert, _bed, language, _timezone: part_words(
        str(alert.evidence.get("part") or alert.device), language, NAME_LIMIT
    ),
    "left": _left,
    "unseen": lambda alert, _bed, language, _timezone: unseen.how_long(number(alert.evidence, "unseen_s"), language),
    **usual.BLANKS,
    "todo": lambda alert, bed, language, _timezone: unseen.told(alert.evidence, bed, language),
}
"""Every blank that a clause may have."""
