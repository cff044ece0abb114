"""The gateway's end of `shouwang test`: arms one device after another, takes the person's answers, keeps the outcome.

Theory of operation
-------------------
What counts is in the fold (`detection.trial`): armed, held, confirmed, all of it stored. This keeps the table of the
run that goes on, in memory only. If the gateway dies, so does the run: at the next start `close_up` ends whatever was
armed or held, before the broker is heard, and the guide is told that there is no run any more. If the guide dies, the
run ends by itself when it has not asked for `ABANDONED_S`. Test alerts live only while a run does: they are closed at
its end, so that none is left for people to wonder about.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.lifecycle import Step
from alerts.model import Outcome
from gateway import trial_run
from gateway.detection import proof, trial
from gateway.detection.daytime import NEVER
from gateway.detection.home import Role
from gateway.detection.trial import Order
from gateway.trial_run import Run, Stage
from gateway.web.trial_view import TrialRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from config.settings import Settings
    from gateway.recall import Recall
    from gateway.watch import Watch

ABANDONED_S = 120.0
"""A guide that has not asked for this long is gone.

Source: our choice: the minute of an unanswered question and as much again; otherwise it asks every few seconds."""

_PUBLIC = re.compile(r"(?:(?:00|\+)?86)?(?:0?\d{2,3})?(?:96111|12349|12345|110|119|120)")
"""With or without country and area code. Other people in need wait for these lines: a test never rings them, whatever
the configuration says."""


class Trials:
    """One home's tests of the chain; implements `gateway.web.trial_view.TrialView`.

    Args:
        watch: judges the orders.
        recall: reads back what came of them.
        settings: of the home.
        now: the time (aware UTC).
    """

    def __init__(self, watch: Watch, recall: Recall, settings: Settings, now: Callable[[], datetime]) -> None:
        self._watch = watch
        self._recall = recall
        self._settings = settings
        self._now = now
        self._run: Run | None = None
        self._asked_s = 0.0

    @property
    def devices(self) -> tuple[str, ...]:
        """The ids of the devices that can be tried, buttons first."""
        found = [device for device in self._watch.rules.home.devices.values() if device.role in trial.ROLES]
        return tuple(device.id for device in sorted(found, key=lambda device: trial.ROLES.index(device.role)))

    @property
    def contacts(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Whom a test may ring: name and channels."""
        return tuple(
            (rung.contact, rung.channels)
            for rung in self._settings.ladder
            if "station" not in rung.channels and not _is_public(rung.number)
        )

    @property
    def patience_s(self) -> tuple[float, float]:
        """Seconds for a press, and for the answer to it."""
        limits = self._watch.rules.home.limits
        return limits.trial_window_s, limits.trial_confirm_s

    @property
    def proved_at(self) -> datetime | None:
        """When the chain was last proved."""
        return self._watch.belief.state.proof.at

    @property
    def due_at(self) -> datetime | None:
        """When it is to be proved again."""
        due = proof.due_at(self._watch.rules.home, self._watch.belief.state)
        return None if due == NEVER else due

    def close_up(self) -> None:
        """At the start: end whatever a guide that is gone had armed or held."""
        mine = self._watch.belief.state.trial
        if mine.armed is not None or mine.held is not None:
            self._watch.see(trial.order(Order.END, self._now()))

    def tick(self) -> None:
        """Let time pass: a guide that is gone, and test alerts that nobody guides any more."""
        if self._run is not None and asyncio.get_running_loop().time() - self._asked_s > ABANDONED_S:
            self._finish(self._run)
        if self._run is None:
            self._close_tests("守望")

    async def begin(self, *, by: str, contact: str) -> Run:
        """Begin a run."""
        if self._run is not None:
            raise TrialRefusedError("trial_running")
        self._require_may_ring(contact)
        past = await self._recall.trials(1)
        home, number = self._watch.rules.home, past[0].id + 1 if past else 1
        buttons = [device for device in self.devices if home.devices[device].role is Role.SOS]
        wanted = tuple(buttons) or self.devices[:1]
        self._run = Run(id=number, by=by, began_at=self._now(), wanted=wanted, contact=contact)
        return self._asked()

    async def look(self, seen: int, wait_s: float) -> tuple[int, Run]:
        """Wait for news of the run that goes on."""
        self._asked()
        number = seen
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                number = await self._watch.journal.news.after(seen)
        self._asked()
        return number, await self._refreshed()

    async def arm(self, device: str) -> Run:
        """Have the next press of a device held."""
        run = self._asked()
        if device not in self.devices:
            raise TrialRefusedError("unknown_device")
        if self._watch.belief.state.trial.held is not None:
            raise TrialRefusedError("press_waits")
        at, contacts = self._now(), trial_run.contacts_for(run, self._watch.rules.ladder)
        self._watch.see(trial.order(Order.ARM, at, device=device, contacts=list(contacts)))
        self._run = trial_run.armed(run, device, contacts, at)
        return await self._committed()

    async def answer(self, press_key: str, *, was_test: bool) -> Run:
        """Say whether the press that is held was the test."""
        run, at = self._asked(), self._now()
        self._watch.tick(at)  # a press whose time is up is real, even if that second's tick is still to come
        held = self._watch.belief.state.trial.held
        if held is None or held.key != press_key:
            raise TrialRefusedError("too_late")
        self._watch.see(trial.order(Order.CONFIRM if was_test else Order.RELEASE, at, key=press_key))
        run = trial_run.watched(run, replace(self._watch.belief.state.trial, held=held))
        self._run = trial_run.answered(run, press_key, self._watch.rules.ladder, at) if was_test else run
        return await self._committed()

    async def end(self) -> Run:
        """End the run and keep what it came to."""
        self._asked()
        ended = self._finish(await self._refreshed())
        await self._on_disk()
        return ended

    async def past(self, limit: int) -> Sequence[Run]:
        """Give the latest runs that ended."""
        return await self._recall.trials(limit)

    def _require_may_ring(self, contact: str) -> None:
        if not contact or contact in dict(self.contacts):
            return
        known = any(rung.contact == contact and _is_public(rung.number) for rung in self._settings.ladder)
        raise TrialRefusedError("public_number" if known else "unknown_contact")

    def _asked(self) -> Run:
        self._asked_s = asyncio.get_running_loop().time()
        if self._run is None:
            raise TrialRefusedError("no_trial")
        return self._run

    def _finish(self, run: Run) -> Run:
        """End a run: nothing stays armed, held or open, and the outcome is stored with the proof that it gives."""
        at = self._now()
        self._watch.see(trial.order(Order.END, at))
        rows = tuple(replace(row, stage=Stage.SILENT) if row.stage is Stage.ARMED else row for row in run.rows)
        run = replace(trial_run.watched(replace(run, rows=rows), self._watch.belief.state.trial), ended_at=at)
        if run.passed:
            self._watch.see(trial.order(Order.PASSED, at))
        self._close_tests(run.by)
        self._watch.journal.tried(run)
        self._run = None
        return run

    def _close_tests(self, by: str) -> None:
        stations = {rung.contact for rung in self._watch.rules.ladder.rungs if "station" in rung.channels}
        for alert in [each for each in self._watch.belief.alerts.values() if each.test]:
            contact = str(alert.evidence.get("contacts", ""))
            origin = "" if contact in stations else contact  # a telephone need not ring again to say that it is over
            self._watch.decide(alert.key, Step.CLOSED, by=by, at=self._now(), outcome=Outcome.TEST, origin=origin)

    async def _committed(self) -> Run:
        await self._on_disk()
        return await self._refreshed()

    async def _on_disk(self) -> None:
        committed = asyncio.Event()
        self._watch.journal.after_commit(committed.set)
        await committed.wait()

    async def _refreshed(self) -> Run:
        """Give the run with what its devices and its test alerts have come to by now."""
        keys = [telling.alert_key for row in self._asked().rows for telling in row.tellings]
        stored = {alert.key: alert for alert in await self._recall.alerts_of(keys)}
        deliveries = [delivery for key in keys for delivery in await self._recall.deliveries(key)]
        belief = self._watch.belief
        run = trial_run.watched(self._asked(), belief.state.trial)
        self._run = trial_run.told(run, {**stored, **belief.alerts}, deliveries, self._now())
        return self._run


def _is_public(number: str | None) -> bool:
    return _PUBLIC.fullmatch(re.sub(r"[\s-]", "", number or "")) is not None
