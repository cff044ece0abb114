"""The community station, by MQTT: the broker's confirmation is only "sent"; the station's own receipt comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.dispatch import SendFailed
from alerts.link import Link, LinkDown, PublishTimeout
from alerts.wire import AlertMessage, Topics, WireError, seal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from alerts.channels.briefs import Briefs
    from alerts.model import Alert, Delivery


class StationChannel:
    """The station as a contact.

    Args:
        link: to the station's broker.
        topics: of this home.
        secret: this home's key; seals every message.
        briefs: makes the words.
        now: the time (aware UTC).
    """

    def __init__(
        self,
        link: Link,
        topics: Topics,
        secret: bytes,
        *,
        briefs: Briefs,
        now: Callable[[], datetime],
    ) -> None:
        self._link = link
        self._topics = topics
        self._secret = secret
        self._briefs = briefs
        self._now = now

    async def send(self, delivery: Delivery, alert: Alert) -> str:
        """Publish the alert; see `alerts.dispatch.Channel`. The receipt comes by the uplink."""
        zh, en = self._briefs.of(alert)
        message = AlertMessage(
            delivery_id=delivery.id,
            sent_at=self._now(),
            alert=alert,
            bed=self._briefs.bed,
            brief_zh=zh,
            brief_en=en,
            test=alert.test,
        )
        try:
            await self._link.publish(self._topics.alert, seal(message, self._topics.alert, self._secret))
        except LinkDown as error:
            raise SendFailed("link_down", str(error)) from error
        except PublishTimeout as error:
            raise SendFailed("timeout", str(error)) from error
        except WireError as error:
            raise SendFailed(error.reason, error.sentence) from error
        return ""
