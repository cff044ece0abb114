"""What the page says at one glance: the home's state put into words and small drawings. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from alerts import spoken
from alerts.brief import brief
from alerts.model import UNTAKEN_STATES, AlertKind, AlertState, Severity
from alerts.occurrence import Words
from gateway.web.strip import lanes
from gateway.web.words import (
    CARD_STATES,
    CONFIDENCE,
    DEVICE,
    EVIDENCE,
    PAGE,
    PART_STATES,
    PARTS,
    PLACES,
    PLACES_SHORT,
    ROLES,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from alerts.brief import BedInfo, Brief
    from alerts.model import Alert
    from alerts.spoken import Language
    from gateway.web.strip import Span
    from gateway.web.view import DeviceSeen, Happening, Health, Part, Status

_JUST_NOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom the page is written: in which language, by which clock."""

    language: Language
    timezone: ZoneInfo
    now: datetime

    def says(self, words: Words) -> str:
        """Words in the reader's language."""
        return words.in_(self.language)

    def clock(self, at: datetime) -> str:
        """A time, with its date where that is not today."""
        return spoken.moment(at, self.language, self.timezone, seen_from=self.now)

    def length(self, seconds: float) -> str:
        """A duration."""
        return spoken.duration(timedelta(seconds=seconds), self.language)

    def ago(self, at: datetime) -> str:
        """How long ago a moment was."""
        if self.now - at < _JUST_NOW:
            return self.says(DEVICE["just_now"])
        return self.says(DEVICE["ago"]).format(spoken.duration(self.now - at, self.language))

    def midnight(self) -> datetime:
        """The first moment of today in the home."""
        return spoken.local(self.now, self.timezone).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """The large words at the top."""

    tone: str
    headline: str
    since: str
    because: str
    last_sign: str
    silence: str
    silence_percent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One live alert."""

    key: str
    tone: str
    state: str
    can_take: bool
    words: Brief


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The watch in one line."""

    tone: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One device, or one part of the watch, or one line of the day."""

    name: str
    words: str
    aside: str = ""
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One lane of the strip, drawn and, for who cannot see it, spoken."""

    name: str
    spans: tuple[Span, ...]
    spoken: str


def glance(status: Status, reader: Reader, *, watching: bool) -> Glance:
    """How the person is, in a few words; nothing is claimed of now while nobody keeps watch."""
    tone = _tone(status) if watching else "blind"
    since, sign = status.presence.since, status.last_sign
    where = spoken.listing([name for name in (sign.room, sign.device) if name], reader.language) if sign else ""
    evidence = EVIDENCE.get(status.presence.evidence)
    return Glance(
        tone=tone,
        headline=reader.says(PLACES[tone]),
        since=_since(since, reader) if since and watching else "",
        because=_because(evidence, status, reader) if evidence and watching else "",
        last_sign=f"{reader.ago(sign.at)} · {where}" if sign else reader.says(PAGE["none_yet"]),
        silence=_silence(status, reader) if watching else "",
        silence_percent=_percent(status),
    )


def _because(evidence: Words, status: Status, reader: Reader) -> str:
    surely = CONFIDENCE.get(status.presence.confidence)
    if surely is None or status.presence.place == "unknown":  # which says itself that nothing is certain
        return reader.says(evidence)
    told = reader.says(surely)
    return f"{reader.says(evidence)}（{told}）" if reader.language == "zh" else f"{reader.says(evidence)} ({told})"


def _tone(status: Status) -> str:
    place = status.presence.place
    silent = (a for a in status.live if a.kind is AlertKind.INACTIVITY and a.severity is Severity.EMERGENCY)
    if any(alert.state in UNTAKEN_STATES for alert in silent):
        return "silent"
    if place == "home" and (_percent(status) or 0) >= _HALF:
        return "quiet"
    return place


_HALF: Final = 50


def _percent(status: Status) -> int | None:
    if not status.inactivity_limit_s:
        return None
    return min(100, int(100 * status.silent_for_s / status.inactivity_limit_s))


def _since(since: datetime, reader: Reader) -> str:
    length = reader.length((reader.now - since).total_seconds())
    if reader.language == "zh":
        return f"从{reader.clock(since)} 起，已 {length}"
    return f"since {reader.clock(since)}, for {length}"


def _silence(status: Status, reader: Reader) -> str:
    if status.inactivity_limit_s is None:
        return ""
    limit, silent = reader.length(status.inactivity_limit_s), reader.length(status.silent_for_s)
    if reader.language == "zh":
        return f"已安静 {silent}；满 {limit}没有动静就告警"
    return f"Quiet for {silent}; an alert goes out at {limit}"


def cards(status: Status, bed: BedInfo, reader: Reader) -> list[Card]:
    """The live alerts, gravest first."""
    return [
        Card(
            key=alert.key,
            tone=_alert_tone(alert),
            state=_alert_state(alert, reader),
            can_take=alert.state in UNTAKEN_STATES or alert.state is AlertState.PENDING,
            words=brief(alert, bed, language=reader.language, timezone=reader.timezone),
        )
        for alert in status.live
    ]


def _alert_tone(alert: Alert) -> str:
    if alert.state in {AlertState.ACKNOWLEDGED, AlertState.ATTENDED}:
        return "taken"
    if alert.test:
        return "fault"  # the calmest there is
    return {Severity.EMERGENCY: "emergency", Severity.WARNING: "warning", Severity.FAULT: "fault"}[alert.severity]


def _alert_state(alert: Alert, reader: Reader) -> str:
    on_the_way = alert.state is AlertState.ACKNOWLEDGED and alert.set_out_at is not None
    state = CARD_STATES["set_out" if on_the_way else alert.state.value]
    return f"{reader.says(state)} · {reader.clock(alert.updated_at)}"


def watch(status: Status, health: Health, reader: Reader) -> Judged:
    """Whether the watch itself works, in one line."""
    if not health.watching or health.troubles or not all(part.ok for part in status.watch):
        return Judged(tone="weak", words=reader.says(PAGE["watch_weak"]))
    count = sum(not device.ok or device.battery_low or bool(device.weak) for device in status.devices)
    if not count:
        return Judged(tone="ok", words=reader.says(PAGE["watch_ok"]))
    devices = f"{count}" if reader.language == "zh" else f"{count} {'device' if count == 1 else 'devices'}"
    return Judged(tone="repair", words=reader.says(PAGE["watch_repair"]).format(devices))


def parts(watch: Sequence[Part], reader: Reader) -> list[Row]:
    """The parts of the watch, those in trouble first."""
    return [
        Row(
            name=reader.says(PARTS.get(part.name, Words(part.name, part.name))),
            words=reader.says(PART_STATES[part.ok]),
            aside=" · ".join(told for told in (_since(part.since, reader) if part.since else "", part.detail) if told),
            ok=part.ok,
        )
        for part in sorted(watch, key=lambda part: part.ok)
    ]


def device_rows(devices: Sequence[DeviceSeen], reader: Reader, *, with_ids: bool = False) -> list[Row]:
    """The devices, those in trouble first; with their ids for the installer."""
    rows = [
        Row(
            name=f"{device.name} ({device.id})" if with_ids else device.name,
            words=_device_state(device, reader),
            aside=" · ".join((_place(device, reader), _power(device, reader))),
            ok=device.ok and not device.battery_low and not device.weak,
        )
        for device in devices
    ]
    return sorted(rows, key=lambda row: row.ok)


def _place(device: DeviceSeen, reader: Reader) -> str:
    role = reader.says(ROLES.get(device.role, Words(device.role, device.role)))
    return f"{device.room or reader.says(DEVICE['worn'])} · {role}"


def _device_state(device: DeviceSeen, reader: Reader) -> str:
    if device.last_heard is None:
        return reader.says(DEVICE["never"])
    if device.ok and device.weak:
        return reader.says(DEVICE[device.weak])
    if device.ok and device.battery_low:
        return reader.says(DEVICE["battery_low"])
    state = reader.says(DEVICE["ok" if device.ok else "silent"])
    return f"{state} · {reader.ago(device.last_heard)}"


def _power(device: DeviceSeen, reader: Reader) -> str:
    if device.mains:
        return reader.says(DEVICE["mains"])
    if device.battery_percent is None:
        return reader.says(DEVICE["battery_unknown"])
    return f"{reader.says(PAGE['battery'])} {device.battery_percent:.0f}%"


def drawing(happenings: Sequence[Happening], status: Status, reader: Reader) -> list[Drawn]:
    """The strip of today."""
    midnight = reader.midnight()
    return [
        Drawn(name=lane.name, spans=lane.spans, spoken=_spoken(lane.spans, reader))
        for lane in lanes(happenings, status.presence, midnight=midnight, now=reader.now)
    ]


def _spoken(spans: Sequence[Span], reader: Reader) -> str:
    return spoken.listing([_spoken_span(span, reader) for span in spans], reader.language)


def _spoken_span(span: Span, reader: Reader) -> str:
    start, end = (f"{cell // 6}:{cell % 6}0" for cell in (span.start, span.start + span.width))
    place = PLACES_SHORT.get(span.tone)
    return f"{reader.says(place)} {start}–{end}" if place else f"{start}–{end}"
