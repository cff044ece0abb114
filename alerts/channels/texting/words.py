"""An alert in text messages of at most 70 characters: each stands alone, and the first says enough to act on.

The messages of one alert are sent apart, not as one long message in pieces: a telephone shows pieces only when all of
them have come, and the first is the one that must be seen. So the first holds what happened, to whom, when, where,
and how to take it; the further ones, marked "2/3", hold how to get in, the number to ring back, illnesses and what
the sensors saw. A number is never cut: half a house number is a wrong address. Pure.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts import spoken
from alerts.brief import BedInfo, brief
from alerts.model import UNTAKEN_STATES, Alert, AlertState
from alerts.occurrence import AMBULANCE_KINDS, SET_OUT, STATES, TITLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

UNITS = 70
"""UTF-16 units of one message. Source: 3GPP TS 23.038 section 6.2.3: two octets each, of the 140 that TS 23.040
section 9.2.3.24 gives."""

NAME_UNITS = 12
"""Of a name in the first message. Source: our choice: four Han names, or "买买提·阿卜杜拉"."""

SENDER = "【守望】"
TAKE = "回复1接警"

_HAZARDS = {"smoke": "烟雾报警", "gas": "燃气泄漏", "carbon_monoxide": "一氧化碳报警", "water_leak": "漏水"}
"""Hazards whose name says more than that there is one."""

_TOKENS = re.compile(r"[0-9A-Za-z]+(?:[-+./:][0-9A-Za-z]+)*|.", re.DOTALL)
_CLAUSES = re.compile(r"[^。；]*[。；]|[^。；]+")
_NEEDLESS_SPACE = re.compile(r"(?<![!-~]) | (?![!-~])")


def units(text: str) -> int:
    """How many UTF-16 units a text takes; a character beyond U+FFFF takes two."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def messages(alert: Alert, bed: BedInfo, *, timezone: ZoneInfo, most: int) -> tuple[str, ...]:
    """Puts an alert into text messages, in Chinese.

    Args:
        alert: as it is now.
        bed: whose it is.
        timezone: the home's, for every time told.
        most: how many messages at most.

    Returns:
        1 to `most` messages of at most `UNITS` each; the same alert always gives the same ones. Only an alert that
        nobody has taken has more than one.
    """
    if not wants_help(alert):
        return (_news(alert, bed, timezone),)
    first, whole = _call(alert, bed, timezone)
    return (first, *_marked(_details(alert, bed, timezone, address=not whole), most))


def wants_help(alert: Alert) -> bool:
    """Say whether the messages of an alert ask for a reply that takes it."""
    return alert.state in UNTAKEN_STATES or alert.state is AlertState.PENDING


def answer(told: Sequence[tuple[Alert, str]], by: str, bed: BedInfo, *, timezone: ZoneInfo) -> str:
    """Puts into one message what came of somebody's reply.

    Args:
        told: each alert that the reply was about, with who has it now; "" where it is over.
        by: who replied.
        bed: whose alerts these are.
        timezone: the home's.
    """
    groups: dict[str, list[str]] = {}
    for alert, who in told:
        groups.setdefault(who, []).append(_headline(alert, bed, timezone))
    sentences = (_outcome(who, by) + "：" + "、".join(alerts) for who, alerts in groups.items())
    return start(SENDER + "。".join(sentences) + "。", UNITS)


def start(text: str, room: int) -> str:
    """The beginning of a text that fits into so many units, with an ellipsis where something was cut."""
    if units(text) <= room:
        return text
    return _fitting(_TOKENS.findall(text) or [""], room - 1, text) + "…"


def end(text: str, room: int) -> str:
    """The end of a text that fits into so many units: the door matters more than the city."""
    if units(text) <= room:
        return text
    backwards = [token[::-1] for token in reversed(_TOKENS.findall(text))]
    return "…" + _fitting(backwards, room - 1, text[::-1])[::-1]


def split(text: str, room: int, most: int) -> tuple[str, ...]:
    """Cuts a text into pieces: after clauses if that will do, and never within a number that fits into a piece.

    Args:
        text: any.
        room: units of a piece, at least 2.
        most: how many pieces at most; what does not fit is left out, with an ellipsis.
    """
    pieces = _pieces(text, room, _CLAUSES)
    if len(pieces) > most or any(units(piece) > room for piece in pieces):
        pieces = _pieces(text, room, _TOKENS)
    kept = pieces[:most]
    if len(pieces) > most:
        kept[-1] = start("".join(pieces[most - 1 :]), room)
    return tuple(kept)


def _pieces(text: str, room: int, tokens: re.Pattern[str]) -> list[str]:
    """A text cut between tokens; a token longer than a piece is cut like the text itself."""
    pieces = [""]
    for token in tokens.findall(text):
        if units(pieces[-1]) + units(token) <= room:
            pieces[-1] += token
        else:
            pieces += _letters(token, room) if tokens is _TOKENS else [token]
    return [piece for piece in pieces if piece]


def _letters(token: str, room: int) -> list[str]:
    """A token cut between letters, where it must be."""
    pieces: list[str] = []
    while token:
        pieces.append(_filled(token, room))
        token = token[len(pieces[-1]) :]
    return pieces


def _fitting(tokens: Iterable[str], room: int, text: str) -> str:
    """As many whole tokens as fit; of a first one that is too long, as many characters as fit."""
    kept = _filled(tokens, room)
    return kept or _filled(text, room)


def _filled(tokens: Iterable[str], room: int) -> str:
    kept: list[str] = []
    for token in tokens:
        room -= units(token)
        if room < 0:
            break
        kept.append(token)
    return "".join(kept)


def _call(alert: Alert, bed: BedInfo, timezone: ZoneInfo) -> tuple[str, bool]:
    """The first message of an alert that nobody has taken, and whether the whole address is in it.

    What is good to know beside the rest is left out, the least important first, before the address is cut.
    """
    head = SENDER + _headline(alert, bed, timezone)
    address, code = _tight(bed.address), _tight(bed.bed_code)
    place = address or f"床位{code}"
    again = f" 第{alert.count}次" if alert.count > 1 else ""
    extras = (_urgent(alert), _room(alert, bed), again, f"，床位{code}" if address and code else "")
    for kept in range(len(extras), -1, -1):
        urgent, room, again, bed_code = (*extras[:kept], "", "", "", "")[: len(extras)]
        text = f"{head}{room}{again}。{place}{bed_code}。{urgent}{TAKE}"
        if units(text) <= UNITS:
            return text, True
    return f"{head}。{end(place, UNITS - units(f'{head}。。{TAKE}'))}。{TAKE}", False


def _news(alert: Alert, bed: BedInfo, timezone: ZoneInfo) -> str:
    """What became of an alert: nobody is asked to come."""
    setting_out = alert.state is AlertState.ACKNOWLEDGED and alert.set_out_at is not None
    words = SET_OUT if setting_out else STATES[alert.state]
    return f"{SENDER}{words.zh.format(by=_name(alert.by))}：{_headline(alert, bed, timezone)}。"


def _urgent(alert: Alert) -> str:
    """Why it is told, where that is more than that it happened."""
    if "overdue_by" in alert.evidence:
        return f"{_name(str(alert.evidence['overdue_by']))}接警后无人到场。"
    if alert.state is AlertState.RETURNED:
        return "情况已自行解除，请看望。"
    if alert.rounds > 1 and alert.kind in AMBULANCE_KINDS and not alert.test:
        return "一直无人接警，请考虑打120。"
    return ""


def _name(written: str) -> str:
    return start(_tight(written), NAME_UNITS) or "值班人员"


def _headline(alert: Alert, bed: BedInfo, timezone: ZoneInfo) -> str:
    """What, who and when."""
    title = _HAZARDS.get(alert.reason) or TITLES[alert.kind].zh
    name = start(_tight(bed.resident), NAME_UNITS) or "老人"
    when = _tight(spoken.moment(alert.since, "zh", timezone, seen_from=alert.opened_at))
    return f"{title} {name} {when}"


def _room(alert: Alert, bed: BedInfo) -> str:
    room = start(_tight(bed.rooms.get(str(alert.evidence.get("room", "")), "")), NAME_UNITS)
    return f"在{room}" if room else ""


def _details(alert: Alert, bed: BedInfo, timezone: ZoneInfo, *, address: bool) -> str:
    """What the first message has no room for. Its sentence names the person and nothing else of hers."""
    words = brief(alert, replace(bed, birth_year=None, bed_code=""), language="zh", timezone=timezone)
    lines = [line for line in words.lines if address or not line.startswith("地址：")]
    return _tight(words.sentence + "；".join(lines))


def _marked(text: str, most: int) -> tuple[str, ...]:
    """The messages after the first: "2/3 ...", "3/3 ..."."""
    pieces = split(text, UNITS - len("2/3 "), most - 1) if most > 1 else ()
    return tuple(f"{number}/{len(pieces) + 1} {piece}" for number, piece in enumerate(pieces, start=2))


def _outcome(who: str, by: str) -> str:
    if not who:
        return "已结束，不用再处理"
    if who == by:
        return "已记下由您接警，请尽快前往"
    return f"{_name(who)}已接警，不用再处理"


def _tight(text: str) -> str:
    """On one line, without the spaces that Chinese does not need."""
    return _NEEDLESS_SPACE.sub("", spoken.one_line(text, len(text) + 1))
