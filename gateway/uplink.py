"""The home's end of the wire to the station: receipts and decisions come in, heartbeats and answers go out.

Theory of operation
-------------------
The station answers each heartbeat on the path by which it came, so the heartbeats are the questions by which both ends
know that a path works (`alerts.supervision`). `tick` asks what is due, has dead connections dialled anew, and reports
what is lost as troubles of the gateway's own parts. A box whose watch is not awake says nothing, and does not wonder
that nobody answers.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import TYPE_CHECKING

from alerts.lifecycle import IllegalStep, Step
from alerts.link import LinkDown, PublishTimeout
from alerts.model import AlertState
from alerts.supervision import STATION
from alerts.wire import (
    MAIN,
    SPARE,
    Body,
    Decision,
    DecisionReceipt,
    Heard,
    Receipt,
    WireError,
    qos_of,
    seal,
    unseal,
)
from devices.reading import Refusal
from gateway.judge import UnknownAlert
from gateway.retelling import looks_back_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from alerts.dispatch import Dispatcher
    from alerts.link import Message
    from alerts.paths import Path, Paths
    from gateway.heartbeat import Beats
    from gateway.recall import Recall
    from gateway.watch import Watch

log = logging.getLogger("shouwang")

CONFIRMED_EVERY_S = 3600.0
"""How often it is written down that the station answers, on each path. Source: our choice: 24 small commits a day, and
no backup of a station is so young."""

PARTS = {STATION: "gateway/station", MAIN: "gateway/uplink", SPARE: "gateway/uplink-spare"}
"""What a trouble of the paths is called among the gateway's own parts."""


class Uplink:
    """One home's talk with its station.

    Args:
        paths: to the station.
        secret: this home's key.
        contact: the ladder's name of the station.
        watch: applies decisions.
        dispatcher: hears of receipts.
        answers: decisions already applied → what was answered.
        beats: makes the heartbeats.
        recall: says what the station was told.
        now: the time (aware UTC).
    """

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        paths: Paths,
        secret: bytes,
        contact: str,
        *,
        watch: Watch,
        dispatcher: Dispatcher,
        answers: dict[str, str],
        beats: Beats,
        recall: Recall,
        now: Callable[[], datetime],
    ) -> None:
        self.paths = paths
        self._secret = secret
        self._contact = contact
        self._watch = watch
        self._dispatcher = dispatcher
        self._answers = answers
        self._beats = beats
        self._recall = recall
        self._now = now
        self._tasks: asyncio.TaskGroup | None = None
        self._verdicts: dict[str, str] = {}
        self._keep_s: dict[str, float] = {}
        self._telling_since: datetime | None = None

    async def run(self) -> None:
        """Keep the connections up and answer on them until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for path in self.paths:
                tasks.create_task(path.link.run())

    def hear(self, path: Path, message: Message) -> None:
        """Take one message of the station's."""
        try:
            self._read(path, message)
        except WireError as error:
            self._watch.journal.refuse(
                Refusal(reason=error.reason, topic=message.topic, detail=error.sentence), self._now()
            )
        if message.qos:
            self._watch.journal.after_commit(lambda: path.link.ack(message))

    def changed(self, path: Path, *, up: bool, awake: bool) -> None:
        """A path's connection came or went; one that came is asked at once, for it may not last."""
        self.paths.changed(path, up=up)
        if up:
            self.tick(awake=awake)

    def tick(self, *, awake: bool) -> None:
        """Ask the paths that are due, and report what is lost or back.

        Args:
            awake: whether the watch works, which is what a heartbeat says.
        """
        if not awake:
            return
        self.paths.hasten()
        for path in self.paths.due():
            self._ask(path)
        self._report()

    async def say(self, path: Path, topic: str, body: Body) -> bool:
        """Publish something that is worth nothing later.

        Returns:
            True when it is on its way; False when the connection is down, which is told elsewhere.
        """
        try:
            await path.link.publish(topic, seal(body, topic, self._secret), qos=qos_of(topic))
        except (LinkDown, PublishTimeout):
            return False
        return True

    def _read(self, path: Path, message: Message) -> None:
        topics = path.topics
        if message.topic == topics.receipt:
            receipt = unseal(Receipt, message.topic, message.payload, self._secret)
            self.paths.receipted(path, receipt.delivery_id)
            self._dispatcher.receipted(receipt.delivery_id, f"station {receipt.stored_at.isoformat()}")
            self._watch.outdone(receipt.alert_key, receipt.revision, self._contact, at=self._now())
        elif message.topic == topics.decision:
            self._take(path, unseal(Decision, message.topic, message.payload, self._secret))
        elif message.topic == topics.heard:
            heard = unseal(Heard, message.topic, message.payload, self._secret)
            if self.paths.answered(path, heard.sequence):
                self._confirmed(path, heard)
                self._judge(path)

    def _confirmed(self, path: Path, heard: Heard) -> None:
        confirmed = self._beats.confirmed(heard.sequence)
        at_s = asyncio.get_running_loop().time()
        if confirmed is not None and at_s >= self._keep_s.get(path.name, at_s):
            self._keep_s[path.name] = at_s + CONFIRMED_EVERY_S
            self._watch.journal.confirmed(path.name, confirmed)
        since = heard.forgotten_since
        if since is not None and since not in {self._telling_since, self._beats.told_again} and self._tasks is not None:
            self._telling_since = since
            self._tasks.create_task(self._tell_again(since))

    async def _tell_again(self, since: datetime) -> None:
        """The station has lost its memory: put into the outbox what it had been told since."""
        now = self._now()
        log.warning("the station has forgotten what it knew since %s: telling it again", since.isoformat())
        try:
            told = await self._recall.alerts_told(self._contact, looks_back_to(since, now))
        except sqlite3.Error as error:  # a disk in trouble: the station says it again with its next answer
            log.warning("what it was told cannot be read now: %s", error)
            self._telling_since = None
            return
        self._watch.tell_again(told, self._contact, at=now, since=since)
        self._watch.journal.after_commit(lambda: self._beats.has_told_again(since))

    def _ask(self, path: Path) -> None:
        beat, missed = self._beats.next(self.paths, path), path.state.missed
        self.paths.asked(path, beat.sequence)
        self._judge(path)
        if not path.link.connected:
            path.link.hurry()
        elif path.state.missed == 1 > missed:
            path.link.redial("the station does not answer on this connection")
        elif self._tasks is not None:
            self._tasks.create_task(self.say(path, path.topics.heartbeat, beat))

    def _judge(self, path: Path) -> None:
        """Write down when a path begins to answer, or is lost."""
        verdict = "is lost" if path.state.lost else "answers" if path.state.heard and path.state.good else ""
        if verdict and self._verdicts.get(path.name) != verdict:
            self._verdicts[path.name] = verdict
            log.info("path %s %s", path.name, verdict)

    def _report(self) -> None:
        down = self._watch.belief.state.trouble.down
        begun = {name for name, part in PARTS.items() if part in down}
        found = self.paths.troubles(begun)
        now = self._now()
        for name, part in PARTS.items():
            since = now - found[name] if name in found else None
            self._watch.report(part, trouble=since is not None, at=now, since=since)

    def _take(self, path: Path, decision: Decision) -> None:
        """Apply a decision once; answer it every time, for the station repeats it until it is answered."""
        if decision.id not in self._answers:
            answer = self._apply(decision)
            self._answers[decision.id] = answer
            self._watch.journal.answered(decision.id, decision.alert_key, self._now(), answer)
        self._watch.journal.after_commit(lambda: self._answer(path, decision.id))

    def _apply(self, decision: Decision) -> str:
        alert = self._watch.belief.alerts.get(decision.alert_key)
        if alert is not None and alert.state is AlertState.OPEN and decision.revision < alert.revision:
            return f"pressed_again {alert.state}"  # whoever decided has not seen the latest press
        try:
            alert = self._watch.decide(
                decision.alert_key,
                Step(decision.action.value),
                by=decision.by,
                at=self._now(),
                outcome=decision.outcome,
                cause=decision.cause,
                note=decision.note,
                origin=self._contact,
            )
        except UnknownAlert:
            return "unknown_alert"
        except IllegalStep as refused:
            return f"illegal_step {refused.alert.state}"
        except ValueError:
            return "no_outcome" if decision.outcome is None else "no_false_alarm"
        return str(alert.state)

    def _answer(self, path: Path, decision_id: str) -> None:
        state, refused = _parts(self._answers[decision_id])
        if self._tasks is not None:
            receipt = DecisionReceipt(id=decision_id, state=state, refused=refused)
            self._tasks.create_task(self.say(path, path.topics.decision_receipt, receipt))


class StationProbe:
    """Tries one path to the station.

    Args:
        uplink: asks.
        path: which.
    """

    def __init__(self, uplink: Uplink, path: Path) -> None:
        self._uplink = uplink
        self._path = path

    async def probe(self) -> str:
        """Ask the path now and wait for the answer; see `alerts.probe.Probe`. Who calls says how long."""
        clock_s = asyncio.get_running_loop().time
        began_s = clock_s()
        self._path.proof.clear()
        self._uplink.paths.changed(self._path, up=True)
        await self._path.proof.wait()
        return f"the station answered within {clock_s() - began_s:.1f} s"


def _parts(answer: str) -> tuple[AlertState | None, str]:
    """Give the state and the refusal of a stored answer: "closed", "unknown_alert" or "pressed_again open"."""
    refused, _, state = answer.rpartition(" ")
    if refused:
        return AlertState(state), refused
    return (AlertState(state), "") if state in set(AlertState) else (None, state)
