"""What the sensors saw: evidence read safely, and told as lines of a brief.

Evidence is a mapping of fixed names to plain values, made by another part and perhaps by another version of it. A
name that is not known, or a value that makes no sense, is left out: a brief always comes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts import spoken
from alerts.durable import words
from alerts.model import AlertKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from alerts.brief import BedInfo
    from alerts.model import Alert
    from alerts.spoken import Language

    Line = Callable[[Alert, BedInfo, Language, ZoneInfo], str]

_TEN_YEARS_S = 315_360_000.0
_LENGTHS = ("lying_s", "silent_s", "stay_s", "open_s", "out_s", "down_s", "stuck_s")


def number(evidence: Mapping[str, object], name: str) -> float | None:
    """A number from 0 to ten years in seconds, or None: so NaN, infinity and booleans are none."""
    value = evidence.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _TEN_YEARS_S else None


def moment(evidence: Mapping[str, object], name: str) -> datetime | None:
    """A time, or None."""
    value = evidence.get(name)
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def lasted(alert: Alert) -> timedelta:
    """How long the condition had lasted when it was last told: what the detector measured, else until it opened."""
    measured = (number(alert.evidence, name) for name in _LENGTHS)
    seconds = next((length for length in measured if length is not None), None)
    return alert.opened_at - alert.since if seconds is None else timedelta(seconds=seconds)


def seen(alert: Alert, bed: BedInfo, language: Language, timezone: ZoneInfo) -> tuple[str, ...]:
    """The lines that say what the sensors saw.

    Args:
        alert: any alert, with any evidence.
        bed: names its rooms and devices.
        language: "zh" or "en".
        timezone: the home's.

    Returns:
        No line, or one for each fact that helps.
    """
    told = (line(alert, bed, language, timezone) for line in _LINES)
    return tuple(line for line in told if line)


def _last_sign(alert: Alert, bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    at = moment(alert.evidence, "last_sign_at")
    if at is None:
        return ""
    when = spoken.moment(at, language, timezone, seen_from=alert.opened_at)
    room = bed.rooms.get(str(alert.evidence.get("last_sign_room", "")), "")
    device = bed.devices.get(str(alert.evidence.get("last_sign_device", "")), "")
    where = spoken.listing([name for name in (room, device) if name], language)
    if language == "zh":
        return f"最后动静：{when}" + (f"（{where}）" if where else "")
    return f"Last sign of life: {when}" + (f" ({where})" if where else "")


def _in_bed(alert: Alert, _bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    if alert.evidence.get("in_bed") is not True:
        return ""
    return "床垫传感器：人在床上" if language == "zh" else "Bed sensor: somebody is in the bed"


def _sensors(alert: Alert, _bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    alive, known = number(alert.evidence, "sensors_alive"), number(alert.evidence, "sensors")
    if alive is None or known is None:
        return ""
    if language == "zh":
        return f"屋里 {known:.0f} 个传感器中 {alive:.0f} 个正常"
    return f"{alive:.0f} of {known:.0f} sensors in the rooms are working"


def _limit(alert: Alert, _bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    limit = number(alert.evidence, "limit_s")
    if alert.kind is not AlertKind.INACTIVITY or limit is None:
        return ""
    length = spoken.duration(timedelta(seconds=limit), language)
    return f"规定：{length}没有动静就告警" if language == "zh" else f"Limit: {length} without a sign of life"


def _last_heard(alert: Alert, _bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    at = moment(alert.evidence, "last_heard_at")
    if at is None:
        return ""
    when = spoken.moment(at, language, timezone, seen_from=alert.opened_at)
    return f"最后消息：{when}" if language == "zh" else f"Last heard: {when}"


def _battery(alert: Alert, _bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    percent = number(alert.evidence, "percent")
    if percent is None:
        return ""
    return f"电量：{percent:.0f}%" if language == "zh" else f"Battery: {percent:.0f}%"


def _held(alert: Alert, _bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    held = number(alert.evidence, "held_s")
    if held is None:
        return ""
    length = spoken.duration(timedelta(seconds=held), language)
    if language == "zh":
        return f"当时正在测试，没有人确认这是测试，等了 {length}才告警：请当作真的处理"
    return f"A test was under way, and nobody said that this was it: told after {length}; treat it as real"


def _consequence(alert: Alert, _bed: BedInfo, language: Language, _timezone: ZoneInfo) -> str:
    if alert.kind is not AlertKind.SILENCE or alert.evidence.get("role") not in {"sos", "fall"}:
        return ""
    if language == "zh":
        return "修好之前，靠它求助可能没人知道，请尽快上门"
    return "Until it is mended, a call for help through it may go unheard: please visit soon"


def _back(alert: Alert, _bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    at = moment(alert.evidence, "cleared_at")
    if at is None or alert.evidence.get("cleared_by") != "mains_back":
        return ""
    when = spoken.moment(at, language, timezone, seen_from=alert.opened_at)
    length = spoken.duration(at - alert.since, language)
    return f"已来电：{when}，停电 {length}" if language == "zh" else f"The mains are back: {when}, after {length}"


def _store(alert: Alert, _bed: BedInfo, language: Language, timezone: ZoneInfo) -> str:
    detail = alert.evidence.get("detail")
    if alert.evidence.get("part") not in {"store", "disk"} or not isinstance(detail, str):
        return ""
    return words.told(detail, language, timezone, seen_from=alert.opened_at)


_LINES: tuple[Line, ...] = (
    _back, _last_sign, _in_bed, _sensors, _limit, _last_heard, _battery, _store, _consequence, _held,
)  # fmt: skip
