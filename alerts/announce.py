"""What the resident is told at home: true sentences about her own call for help, each once. Pure.

Theory of operation
-------------------
Nothing soothing is ever said that is not true. So a sentence is not the echo of an event but follows from what is so
now: `due` looks at the newest committed state of one alert and at its deliveries, finds the furthest point that was
truly reached, and gives its sentence unless it was said before. What was overtaken is not said at all: when she learns
that the station has taken her call, that it was sent is no news.

| the alert is | and | she hears |
| --- | --- | --- |
| PENDING | | who will be told in how many seconds, and how to stop it; again at 20 s and 10 s |
| CANCELLED | she was asked before | 好的，已取消 |
| OPEN | the countdown ran out, nothing has arrived yet | 正在通知… |
| OPEN, RETURNED | a far end has it stored | 求助已发出 |
| OPEN | still calling, and nothing arrived in `UNHEARD_S` or a whole round brought nobody | 还在联系，请稍等 |
| OPEN | it was taken, and nobody came in time | 还没有收到有人到达的消息，正在重新联系 |
| ACKNOWLEDGED | | 驿站已接警 |
| ACKNOWLEDGED | somebody set out | 有人正在赶来 |
| ATTENDED, CLOSED | something was said before | nothing; a light goes out |

A *telling* begins with each press, when a countdown ends and when the alert opens again; `Known.telling` is the
revision with which it began. Each sentence is said once in a telling, that somebody is still being called once a
round. The names of sentences said are kept by the store, so a restart says nothing twice; and what is no longer fresh
is left unsaid.

Only what she asked for or is asked about is announced: calls, falls, silences, hazards. All of it speaks at any hour,
for each sentence is about help: none of them waits for the morning.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.announcement import ASKED, SENTENCES, Announcement, Occasion, worded
from alerts.model import Alert, AlertKind, AlertState, Delivery, DeliveryState, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from alerts.occurrence import Words
    from alerts.rungs import Ladder

HEARD = frozenset({AlertKind.EMERGENCY, AlertKind.FALL, AlertKind.INACTIVITY, AlertKind.HAZARD})
"""What she is told of: she called, she is asked how she is, or her home is in danger."""

UNHEARD_S = 20.0
"""After so long without a receipt she hears that we still try. Source: our choice: two tries at a station
(receipt_timeout_s is 10 s); a silence longer than that makes people press again."""

MARKS_S = (20, 10)
"""When a countdown is told again. Source: issue 3."""

MARK_VALID_S = 4.0
"""How late "20 seconds" may be said. Source: our choice: beyond that it is no longer true."""

ASKED_UNTIL_S = 5.0
"""A countdown that has less left is not begun aloud: the sentence takes as long. Source: espeak-ng, measured."""

FRESH = timedelta(minutes=5)
"""How long after somebody took the call, or set out, that is still said. Source: our choice: later it is no news, and
an arrival is near."""

TOLD_WITHIN = timedelta(hours=1)
"""How long after her press its receipt is still said. Source: our choice: an hour without a line; she may be asleep."""

ROUNDS_SAID = 10
"""So many rounds say that they still try. Source: our choice: an hour; then repeating it is no comfort."""

SPOKEN_WITHIN = timedelta(seconds=30)
"""What a far loudspeaker has not begun by then is no longer true enough. Source: our choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is committed of one alert.

    Args:
        alert: its newest version.
        telling: the revision with which the present telling began.
        deliveries: every delivery of it by id, as it is now.
        through: the contact through whom a person decided last; "" where that is not known.
    """

    alert: Alert
    telling: int
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    through: str = ""

    @property
    def received(self) -> bool:
        """Whether a far end has this telling stored."""
        return any(
            row.state is DeliveryState.RECEIPTED and row.revision >= self.telling for row in self.deliveries.values()
        )

    @property
    def calling(self) -> bool:
        """Whether somebody is still being called, or will be in this round."""
        return any(row.state in {DeliveryState.DUE, DeliveryState.SENT} for row in self.deliveries.values())


def learn(known: Known | None, alert: Alert, *, through: str = "") -> Known:
    """Give what is known of an alert after its next version.

    Args:
        known: before; None for the first version that is seen.
        alert: the new version.
        through: the contact through whom a person decided; "" where none did.
    """
    if known is None:
        return Known(alert=alert, telling=alert.revision, through=through)
    began = (alert.count, alert.called_from) != (known.alert.count, known.alert.called_from)
    same = "" if alert.by != known.alert.by else known.through  # another person came another way
    return replace(known, alert=alert, telling=alert.revision if began else known.telling, through=through or same)


def began_with(steps: Iterable[tuple[int, int, str | None, str]]) -> int:
    """Find the revision with which the present telling began, from an alert's history.

    Args:
        steps: (revision, count, state before, state after), oldest first.
    """
    telling, counted = 1, 0
    for revision, count, before, after in steps:
        reopened = after == AlertState.OPEN and before not in {AlertState.OPEN, None}
        if count != counted or reopened:
            telling, counted = revision, count
    return telling


def due(known: Known, said: Collection[str], ladder: Ladder, now: datetime) -> Announcement | None:
    """Say what is true of an alert now and was not said yet.

    Args:
        known: what is committed of it.
        said: names of what was said of it.
        ladder: the bed's; names who is called, and who has taken it.
        now: the time (aware UTC).

    Returns:
        The announcement, or None when there is nothing true and new to say.
    """
    alert = known.alert
    if alert.kind not in HEARD or alert.severity is Severity.FAULT:
        return None
    made = _MOMENTS[alert.state](known, said, ladder, now)
    return made if made is not None and now <= made.valid_until else None


def _pending(known: Known, said: Collection[str], ladder: Ladder, now: datetime) -> Announcement | None:
    alert, asked = known.alert, f"{Occasion.COUNTDOWN}:{known.telling}"
    left_s = (alert.called_from - now).total_seconds()
    if asked not in said:
        until = now + timedelta(seconds=min(MARK_VALID_S, left_s - ASKED_UNTIL_S))
        template = ASKED.get(alert.kind, ASKED[AlertKind.FALL])
        return _counting(known, ladder, asked, template, math.ceil(left_s), now, until)
    mark_s = next((mark_s for mark_s in sorted(MARKS_S) if left_s <= mark_s), None)
    if mark_s is None or f"{asked}:{mark_s}" in said:
        return None
    until = alert.called_from - timedelta(seconds=mark_s - MARK_VALID_S)
    return _counting(known, ladder, f"{asked}:{mark_s}", SENTENCES[Occasion.COUNTDOWN], mark_s, now, until)


def _counting(  # noqa: PLR0913, PLR0917 - a moment of a countdown is exactly these facts
    known: Known, ladder: Ladder, name: str, template: Words, seconds: int, now: datetime, until: datetime
) -> Announcement:
    return Announcement(
        alert_key=known.alert.key,
        occasion=Occasion.COUNTDOWN,
        name=name,
        words=worded(template, known.alert, ladder, seconds=seconds),
        at=now,
        valid_until=until,
    )


def _cancelled(known: Known, said: Collection[str], ladder: Ladder, _now: datetime) -> Announcement | None:
    return _made(known, said, ladder, Occasion.CANCELLED, known.alert.updated_at) if _was_asked(said) else None


def _untaken(known: Known, said: Collection[str], ladder: Ladder, now: datetime) -> Announcement | None:
    alert = known.alert
    if known.received and now - max(alert.called_from, alert.last_at) <= TOLD_WITHIN:
        sent = _made(known, said, ladder, Occasion.SENT, now)
        if sent is not None:
            return sent
    if alert.state is AlertState.RETURNED or not known.calling:
        return None
    if alert.rounds > 1:
        return _still_calling(known, said, ladder, now) if alert.rounds <= ROUNDS_SAID else None
    return None if known.received else _unheard(known, said, ladder, now)


def _unheard(known: Known, said: Collection[str], ladder: Ladder, now: datetime) -> Announcement | None:
    """Nothing has arrived anywhere yet, in the first round of this telling."""
    alert = known.alert
    if now - alert.called_from >= timedelta(seconds=UNHEARD_S):
        return _still_calling(known, said, ladder, now)
    if "overdue_by" in alert.evidence:
        return _made(known, said, ladder, Occasion.OVERDUE, alert.called_from)
    return _made(known, said, ladder, Occasion.CALLING, alert.called_from) if _was_asked(said) else None


def _still_calling(known: Known, said: Collection[str], ladder: Ladder, now: datetime) -> Announcement | None:
    return _made(known, said, ladder, Occasion.STILL_CALLING, now, number=f":{known.alert.rounds}")


def _taken(known: Known, said: Collection[str], ladder: Ladder, _now: datetime) -> Announcement | None:
    alert = known.alert
    if alert.set_out_at is not None:
        return _made(known, said, ladder, Occasion.SET_OUT, alert.set_out_at, fresh=FRESH)
    return _made(known, said, ladder, Occasion.TAKEN, alert.acknowledged_at or alert.updated_at, fresh=FRESH)


def _over(known: Known, said: Collection[str], ladder: Ladder, _now: datetime) -> Announcement | None:
    return _made(known, said, ladder, Occasion.OVER, known.alert.updated_at) if said else None


_MOMENTS = {
    AlertState.PENDING: _pending,
    AlertState.CANCELLED: _cancelled,
    AlertState.OPEN: _untaken,
    AlertState.RETURNED: _untaken,
    AlertState.ACKNOWLEDGED: _taken,
    AlertState.ATTENDED: _over,
    AlertState.CLOSED: _over,
}
"""What may be said in each state, and nothing else."""


def _was_asked(said: Collection[str]) -> bool:
    return any(name.startswith(Occasion.COUNTDOWN) for name in said)


def _made(  # noqa: PLR0913 - an announcement is exactly these facts
    known: Known,
    said: Collection[str],
    ladder: Ladder,
    occasion: Occasion,
    at: datetime,
    *,
    fresh: timedelta = SPOKEN_WITHIN,
    number: str = "",
) -> Announcement | None:
    """Give what is to be said on an occasion; None when it was said before."""
    name = f"{occasion}:{known.telling}{number}"
    if name in said:
        return None
    words = worded(SENTENCES[occasion], known.alert, ladder, through=known.through)
    return Announcement(
        alert_key=known.alert.key, occasion=occasion, name=name, words=words, at=at, valid_until=at + fresh
    )
