"""The community station, by MQTT: the broker's confirmation is only "sent"; the station's own receipt comes later.

Theory of operation
-------------------
A home may have two paths to its station. An alert leaves by the better one (`alerts.supervision.in_order`), and by the
other as soon as that fails: at once when the connection is down, after `CONFIRM_S` when the broker does not confirm,
which is how a half-open connection shows. An emergency does not even wait for that: without the station's receipt
within `HEDGE_S` it leaves by both. The station knows the delivery's id, and stores and rings once.

A delivery that was handed over and never receipted leaves by the other path at the next attempt, for the broker on
this one may have lost its station.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alerts.dispatch import SendFailed
from alerts.link import LinkDown, PublishTimeout
from alerts.model import DeliveryState, Severity
from alerts.wire import AlertMessage, WireError, seal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from alerts.channels.briefs import Briefs
    from alerts.model import Alert, Delivery
    from alerts.paths import Path, Paths

CONFIRM_S = 5.0
"""For the broker to confirm. Source: our choice: TCP sends a lost packet again after 0.2 s, 0.6 s, 1.4 s and 3 s, so a
line that drops every third packet confirms within it 99 times in 100."""

HEDGE_S = 1.0
"""Without a receipt after this long, an emergency takes the other path as well. Source: our choice: several times what
a receipt takes (benchmarks/paths.py); sending one twice costs about 5 KB."""


class StationChannel:
    """The station as a contact.

    Args:
        paths: to the station.
        secret: this home's key; seals every message.
        briefs: makes the words.
        now: the time (aware UTC).
    """

    def __init__(self, paths: Paths, secret: bytes, *, briefs: Briefs, now: Callable[[], datetime]) -> None:
        self._paths = paths
        self._secret = secret
        self._briefs = briefs
        self._now = now

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        """Publish the alert; see `alerts.dispatch.Channel`. The receipt comes by the uplink."""
        message = self._message(delivery, alert)
        first, *others = self._paths.in_order()
        good = [path for path in others if path.state.good and path.link.connected]
        if good and delivery.state is DeliveryState.SENT and delivery.attempt % 2 == 0:
            first, good, others = good[0], [first], [first]
        if delivery.severity is Severity.EMERGENCY:
            self._hurry()
            if good:
                return await self._by_both(first, good, message)
        return await self._by_one_of([first, *others], message)

    def _message(self, delivery: Delivery, alert: Alert) -> AlertMessage:
        zh, en = self._briefs.of(alert)
        return AlertMessage(
            delivery_id=delivery.id,
            sent_at=self._now(),
            alert=alert,
            bed=self._briefs.bed,
            brief_zh=zh,
            brief_en=en,
            test=alert.test,
        )

    def _hurry(self) -> None:
        for path in self._paths:
            if not path.link.connected:
                path.link.hurry()

    async def _by_one_of(self, paths: list[Path], message: AlertMessage) -> str:
        """Publish by the first path that takes it. Raises SendFailed with what the last one said."""
        failure = SendFailed("link_down", "there is no path to the station")
        for path in paths:
            try:
                await self._publish(path, message)
            except SendFailed as failed:
                failure = failed
            else:
                return ""
        raise failure

    async def _by_both(self, path: Path, others: list[Path], message: AlertMessage) -> str:
        """Publish by a path, and by another as well unless the receipt comes soon."""
        receipt = self._paths.expect(message.delivery_id)
        first = asyncio.ensure_future(self._publish(path, message))
        first.add_done_callback(_look_at)
        try:
            await asyncio.wait((first, receipt), timeout=HEDGE_S, return_when=asyncio.FIRST_COMPLETED)
            if first.done() and first.exception() is None:
                await asyncio.wait((receipt,), timeout=HEDGE_S)
            if not receipt.done():
                self._paths.doubt(path)
                await self._by_another(first, others, message)
        finally:
            first.cancel()
            receipt.cancel()
        return ""

    async def _by_another(self, first: asyncio.Future[None], others: list[Path], message: AlertMessage) -> None:
        try:
            await self._by_one_of(others, message)
        except SendFailed:
            await first  # which may still be confirmed; otherwise its failure is the one to tell

    async def _publish(self, path: Path, message: AlertMessage) -> None:
        topic = path.topics.alert
        try:
            await path.link.publish(topic, seal(message, topic, self._secret), timeout_s=CONFIRM_S)
        except LinkDown as error:
            raise SendFailed("link_down", str(error)) from error
        except PublishTimeout as error:
            self._paths.doubt(path)
            path.link.redial(str(error))
            raise SendFailed("timeout", str(error)) from error
        except WireError as error:
            raise SendFailed(error.reason, error.sentence) from error


def _look_at(done: asyncio.Future[None]) -> None:
    """Takes note of a failure that nobody waits for any more: the other path has carried the alert."""
    if not done.cancelled():
        done.exception()
