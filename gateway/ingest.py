"""Hears the home's broker: from a message to readings that the watch has judged, or to a named refusal.

Theory of operation
-------------------
Every message is acknowledged to the broker when what it meant is on disk, whatever it meant; a refused one holds
nothing back. The rules that keep ghosts out live here because only here is it known how a message came:

* A *retained* message says what was, not what is: it is refused, but for one that says a device or a bridge is
  offline, since that is what last wills are retained for.
* A *repeated* one (same device and sequence) is what firmware sends when it got no answer: one fact. A call for help
  is answered once it is on disk (`gateway.heard`), and each time it is repeated.
* A *redelivered* one without a sequence (DUP, with the packet id and the bytes of one judged minutes ago) is known
  again and only acknowledged. When in doubt it is news: a press told twice is an update, a press lost is a life.

Re-announced states of a radio bridge are told from presses by the emergency detector, which knows the bridge's story.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from devices.dialects.refusals import Reason
from devices.reading import Decoded, Kind, Reading, Refusal
from gateway.detection import pipeline
from gateway.detection.home import Role
from gateway.heard import call_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from alerts.link import Message
    from devices.reading import AccelWindow
    from gateway.metrics import Metrics
    from gateway.watch import Watch

REMEMBERED = 64
"""Messages that can be known again when the broker sends them again: what one commit holds, and so what can be stored
but not acknowledged when the process dies."""

KNOWN_FOR = timedelta(minutes=10)
"""A message as old as this is not known again by its packet id: a broker that started anew counts from 1, and to take
a press twice is better than to lose one. Source: our choice."""

SAID_BY_ROLE: Mapping[tuple[Role, Kind], Kind] = {
    (Role.BED, Kind.MOTION): Kind.BED,
    (Role.BED, Kind.PRESENCE): Kind.BED,
    (Role.SEAT, Kind.MOTION): Kind.PRESENCE,
    (Role.SEAT, Kind.BED): Kind.PRESENCE,
    (Role.PRESENCE, Kind.MOTION): Kind.PRESENCE,
}
"""A strap under the mattress and a sensor on the wall both say `occupancy`: what it means is what it is for."""


class Ingest:
    """From the broker's messages to the watch.

    Args:
        watch: judges and remembers.
        decoders: first level of a topic's base → (name of the dialect, its decode).
        now: the time (aware UTC).
        acknowledge: tells the broker that a message is safe.
        metrics: counts.
        heard: tells a device that its numbered call is safe; None where nobody listens.
        remembered: packet id, origin and time of the newest stored messages, newest first.
        judge: says what a worn sensor's window of acceleration means; None where there is no worn sensor.
    """

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        watch: Watch,
        decoders: Mapping[str, tuple[str, Callable[[str, bytes, datetime], Decoded]]],
        *,
        now: Callable[[], datetime],
        acknowledge: Callable[[Message], None],
        metrics: Metrics,
        heard: Callable[[Reading], None] | None = None,
        remembered: Iterable[tuple[int, str, datetime]] = (),
        judge: Callable[[AccelWindow], Decoded] | None = None,
    ) -> None:
        self._watch = watch
        self._decoders = tuple((base + "/", name, decode) for base, (name, decode) in decoders.items())
        self._now = now
        self._acknowledge = acknowledge
        self._metrics = metrics
        self._heard = heard
        self._judge = judge
        self._seen = OrderedDict((mid, (origin, at)) for mid, origin, at in reversed(list(remembered)))
        self._counters = {name: metrics.readings.labels(dialect=name) for _, name, _ in self._decoders}

    def hear(self, message: Message) -> None:
        """Take one message of the broker's."""
        at = self._now()
        name, decoded = self._decode(message, at)
        if decoded.windows:
            decoded = self._judged(decoded)
        for refusal in decoded.refusals:
            self._watch.journal.refuse(refusal, at)
        if decoded.readings:
            self._take(message, name, decoded.readings)
        if message.qos:
            self._watch.journal.after_commit(lambda: self._acknowledge(message), acknowledges=True)

    def _judged(self, decoded: Decoded) -> Decoded:
        """What a message says once its windows are judged."""
        judged = map(self._judge, decoded.windows) if self._judge is not None else ()
        parts = (decoded, *judged)
        return Decoded(
            tuple(reading for part in parts for reading in part.readings),
            tuple(refusal for part in parts for refusal in part.refusals),
        )

    def _decode(self, message: Message, at: datetime) -> tuple[str, Decoded]:
        for base, name, decode in self._decoders:
            if message.topic.startswith(base):
                return name, decode(message.topic, message.payload, at)
        sentence = "no dialect listens to this topic: check the base topics in the configuration"
        return "", Decoded(refusals=(Refusal(reason=Reason.UNKNOWN_TOPIC, topic=message.topic[:200], detail=sentence),))

    def _take(self, message: Message, name: str, readings: tuple[Reading, ...]) -> None:
        known = [r for reading in readings if (r := self._known(message, reading)) is not None]
        if not known:
            return
        self._take_known(message, name, known)
        call = call_in(known)
        if call is not None and self._heard is not None:  # of a repeated call, too: its confirmation was lost
            self._watch.journal.after_commit(partial(self._heard, call))

    def _take_known(self, message: Message, name: str, known: list[Reading]) -> None:
        if self._redelivered(message, known[0]) or pipeline.is_repeat(self._watch.belief.state, known[0]):
            self._metrics.duplicates.inc()
            return
        mid = message.mid if message.qos and known[0].sequence is None else None
        if mid is not None:
            self._remember(mid, known[0])
        for reading in known:
            self._watch.see(reading, mid)
        self._counters[name].inc(len(known))

    def _known(self, message: Message, reading: Reading) -> Reading | None:
        """Give the reading as its device's role means it, or None after refusing it."""
        if message.retain and not _says_gone(reading):
            self._refuse(Reason.RETAINED, message, reading, "what was retained says what was, not what is")
            return None
        device = self._watch.rules.home.devices.get(reading.device_id)
        if device is None:
            if reading.kind is not Kind.HEARTBEAT:
                sentence = f"{reading.device_id!r} is no device of this home: add it under [[devices]], or unpair it"
                self._refuse(Reason.UNKNOWN_DEVICE, message, reading, sentence)
            return None
        kind = SAID_BY_ROLE.get((device.role, reading.kind))
        return reading if kind is None else replace(reading, kind=kind)

    def _refuse(self, reason: Reason, message: Message, reading: Reading, sentence: str) -> None:
        self._watch.journal.refuse(Refusal(reason=reason, topic=message.topic[:200], detail=sentence), reading.at)

    def _redelivered(self, message: Message, reading: Reading) -> bool:
        origin, at = self._seen.get(message.mid, ("", reading.at))
        return message.dup and origin == reading.origin and reading.at - at < KNOWN_FOR

    def _remember(self, mid: int, reading: Reading) -> None:
        self._seen[mid] = (reading.origin, reading.at)
        self._seen.move_to_end(mid)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


def _says_gone(reading: Reading) -> bool:
    return reading.kind in (Kind.AVAILABILITY, Kind.BRIDGE) and reading.value is False
