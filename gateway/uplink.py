"""The home's end of the wire to the station: receipts and decisions come in, heartbeats and answers go out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alerts.lifecycle import IllegalStep, Step
from alerts.link import Link, LinkDown, PublishTimeout
from alerts.model import AlertState
from alerts.wire import Body, Decision, DecisionReceipt, Receipt, WireError, seal, unseal
from devices.reading import Refusal
from gateway.judge import UnknownAlert

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from alerts.dispatch import Dispatcher
    from alerts.link import Message
    from alerts.wire import Topics
    from gateway.watch import Watch


class Uplink:
    """One home's talk with its station.

    Args:
        topics: of this home.
        secret: this home's key.
        contact: the ladder's name of the station.
        watch: applies decisions.
        dispatcher: hears of receipts.
        answers: decisions already applied → what was answered.
        now: the time (aware UTC).
    """

    def __init__(  # noqa: PLR0913 - each is a different neighbour
        self,
        topics: Topics,
        secret: bytes,
        contact: str,
        *,
        watch: Watch,
        dispatcher: Dispatcher,
        answers: dict[str, str],
        now: Callable[[], datetime],
    ) -> None:
        self.topics = topics
        self._secret = secret
        self._contact = contact
        self._watch = watch
        self._dispatcher = dispatcher
        self._answers = answers
        self._now = now
        self._link: Link | None = None
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self, link: Link) -> None:
        """Keep the link up and answer on it until cancelled."""
        self._link = link
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            await link.run()

    def hear(self, message: Message) -> None:
        """Take one message of the station's."""
        try:
            if message.topic == self.topics.receipt:
                receipt = unseal(Receipt, message.topic, message.payload, self._secret)
                self._dispatcher.receipted(receipt.delivery_id, f"station {receipt.stored_at.isoformat()}")
            elif message.topic == self.topics.decision:
                self._take(unseal(Decision, message.topic, message.payload, self._secret))
        except WireError as error:
            self._watch.refuse(Refusal(reason=error.reason, topic=message.topic, detail=error.sentence), self._now())
        if message.qos:
            self._watch.after_commit(lambda: self._acknowledge(message))

    async def say(self, topic: str, body: Body) -> bool:
        """Publish something that is worth nothing later.

        Returns:
            True when the broker has it; False when the link is down, which is told elsewhere.
        """
        if self._link is None:
            return False
        try:
            await self._link.publish(topic, seal(body, topic, self._secret))
        except (LinkDown, PublishTimeout):
            return False
        return True

    def _acknowledge(self, message: Message) -> None:
        if self._link is not None:
            self._link.ack(message)

    def _take(self, decision: Decision) -> None:
        """Apply a decision once; answer it every time, for the station repeats it until it is answered."""
        if decision.id not in self._answers:
            answer = self._apply(decision)
            self._answers[decision.id] = answer
            self._watch.answered(decision.id, decision.alert_key, self._now(), answer)
        self._watch.after_commit(lambda: self._answer(decision.id))

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

    def _answer(self, decision_id: str) -> None:
        state, refused = _parts(self._answers[decision_id])
        if self._tasks is not None:
            receipt = DecisionReceipt(id=decision_id, state=state, refused=refused)
            self._tasks.create_task(self.say(self.topics.decision_receipt, receipt))


def _parts(answer: str) -> tuple[AlertState | None, str]:
    """Give the state and the refusal of a stored answer: "closed", "unknown_alert" or "pressed_again open"."""
    refused, _, state = answer.rpartition(" ")
    if refused:
        return AlertState(state), refused
    return (AlertState(state), "") if state in set(AlertState) else (None, state)
