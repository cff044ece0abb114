"""One test of the chain, as a table: what each device and each contact came to, and when. Pure.

Theory of operation
-------------------
A run is a value. What happens is shown to it: that a device was armed (`armed`), what the fold holds or has let go
(`watched`), that a person answered (`answered`), and how far the test alerts have come (`told`). Times are those at
which the gateway knew of it. A row worked when its press arrived, a person said that it was the test, and everybody
who was to be told was: stored at the far end, and taken by a person where a person sits (`PERSON`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - the store resolves the annotations at run time
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.model import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alerts.model import Alert, Delivery
    from alerts.rungs import Ladder, Rung
    from gateway.detection.trial import TrialState

PERSON = frozenset({"station", "call"})
"""Channels at whose end a person takes the test alert; at the end of the others a machine's receipt is all there is."""


class Stage(StrEnum):
    """How far a device has come."""

    ARMED = "armed"  # its press is waited for
    SILENT = "silent"  # nothing came in time
    HELD = "held"  # a press came, and a person is asked whether it was the test
    REAL = "real"  # nobody said that it was the test: it went out as a real alert
    TEST = "test"  # it was the test, and is being told


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One contact that a test alert is told to.

    Args:
        contact: its name in the ladder.
        needs_person: whether a person is to take it.
        alert_key: of the test alert.
        told_at: when the far end had stored it; None before.
        taken_at: when a person took it; None before.
        by: who.
        error: why it could not be told, the latest time it was tried; "" when it could.
    """

    contact: str
    needs_person: bool
    alert_key: str
    told_at: datetime | None = None
    taken_at: datetime | None = None
    by: str = ""
    error: str = ""

    @property
    def worked(self) -> bool:
        """Whether everything came about that was to."""
        return self.told_at is not None and (self.taken_at is not None or not self.needs_person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One device.

    Args:
        device: its id.
        contacts: who is told if it is a test.
        stage: how far it has come.
        armed_at: when its press began to be waited for.
        press_key: of what came; "" before.
        pressed_at: when that was; None before.
        answered_at: when a person said that it was the test; None before.
        tellings: one for each contact, once it is a test.
    """

    device: str
    contacts: tuple[str, ...]
    stage: Stage
    armed_at: datetime
    press_key: str = ""
    pressed_at: datetime | None = None
    answered_at: datetime | None = None
    tellings: tuple[Telling, ...] = ()

    @property
    def worked(self) -> bool:
        """Whether everything came about that was to."""
        return self.stage is Stage.TEST and all(telling.worked for telling in self.tellings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One test of the chain.

    Args:
        id: counts the runs of this home, from 1.
        by: who makes it.
        began_at, ended_at: when; `ended_at` is None while it goes on.
        wanted: the devices without which the chain is not proved.
        contact: whom the first press that is confirmed also rings; "" for nobody.
        rows: one for each device that was tried, in that order.
    """

    id: int
    by: str
    began_at: datetime
    ended_at: datetime | None = None
    wanted: tuple[str, ...] = ()
    contact: str = ""
    rows: tuple[Row, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the chain is proved: every wanted device, and whatever else was tried, worked."""
        worked = {row.device for row in self.rows if row.worked}
        return bool(worked) and worked.issuperset([*self.wanted, *(row.device for row in self.rows)])


def contacts_for(run: Run, ladder: Ladder) -> tuple[str, ...]:
    """Give who is told of the next test: the station each time, the chosen contact once."""
    stations = [rung.contact for rung in ladder.rungs if "station" in rung.channels]
    rung_already = any(telling.contact == run.contact for row in run.rows for telling in row.tellings)
    chosen = [run.contact] if run.contact and run.contact not in stations and not rung_already else []
    return (*stations[:1], *chosen)


def armed(run: Run, device: str, contacts: tuple[str, ...], at: datetime) -> Run:
    """The run after a device was armed; what it came to before is forgotten."""
    others = tuple(row for row in run.rows if row.device != device)
    return replace(run, rows=(*others, Row(device=device, contacts=contacts, stage=Stage.ARMED, armed_at=at)))


def watched(run: Run, trial: TrialState) -> Run:
    """The run after a look at what the fold has armed and holds."""
    return replace(run, rows=tuple(_watched(row, trial) for row in run.rows))


def _watched(row: Row, trial: TrialState) -> Row:
    held = trial.held if trial.held is not None and trial.held.device == row.device else None
    if row.stage is Stage.ARMED:
        if held is not None:
            return replace(row, stage=Stage.HELD, press_key=held.key, pressed_at=held.since)
        is_armed = trial.armed is not None and trial.armed.device == row.device
        return row if is_armed else replace(row, stage=Stage.SILENT)
    if row.stage is Stage.HELD and (held is None or held.key != row.press_key):
        return replace(row, stage=Stage.REAL)
    return row


def answered(run: Run, press_key: str, ladder: Ladder, at: datetime) -> Run:
    """The run after a person said that the press which is held was the test."""
    return replace(run, rows=tuple(_answered(row, press_key, ladder, at) for row in run.rows))


def _answered(row: Row, press_key: str, ladder: Ladder, at: datetime) -> Row:
    if row.press_key != press_key:
        return row
    rungs = {rung.contact: rung for rung in ladder.rungs}
    tellings = tuple(_telling(rungs[contact], press_key) for contact in row.contacts)
    return replace(row, stage=Stage.TEST, answered_at=at, tellings=tellings)


def _telling(rung: Rung, press_key: str) -> Telling:
    key, person = f"test:{press_key}:{rung.contact}", not PERSON.isdisjoint(rung.channels)
    return Telling(contact=rung.contact, needs_person=person, alert_key=key)


def told(run: Run, alerts: Mapping[str, Alert], deliveries: Iterable[Delivery], at: datetime) -> Run:
    """The run after a look at the test alerts.

    Args:
        run: before.
        alerts: test alerts by key, as many as are known.
        deliveries: theirs.
        at: now.
    """
    rows: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        rows.setdefault(delivery.alert_key, []).append(delivery)
    return replace(
        run,
        rows=tuple(
            replace(
                row,
                tellings=tuple(_told(t, alerts.get(t.alert_key), rows.get(t.alert_key, []), at) for t in row.tellings),
            )
            for row in run.rows
        ),
    )


def _told(telling: Telling, alert: Alert | None, deliveries: list[Delivery], at: datetime) -> Telling:
    taken = alert is not None and alert.acknowledged_at is not None
    stored = taken or any(each.state is DeliveryState.RECEIPTED for each in deliveries)
    return replace(
        telling,
        told_at=telling.told_at or (at if stored else None),
        taken_at=telling.taken_at or (alert.acknowledged_at if alert is not None and taken else None),
        by=telling.by or (alert.by if alert is not None and taken else ""),
        error="" if stored else next((each.error for each in deliveries if each.error), ""),
    )
