"""A loudspeaker with a lamp, in another room: asked over the home's broker, it answers when it has said the sentence.

The contract is docs/mqtt.md, 1.8. A device that the broker has declared gone is not asked, so that nothing old waits
for it there: that it is gone is told by its silence. One that takes the question and does not answer is in trouble.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.link import LinkDown, PublishTimeout
from gateway.homevoice.voice import VoiceFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from alerts.announcement import Announcement
    from alerts.link import Link

VERSION = 1
"""Of the message; the same as of the native dialect. Source: docs/mqtt.md, 1.8."""

PUBLISH_S = 3.0
"""How long the home's broker may take. Source: our choice: it answers within milliseconds, and a sentence grows old."""

ANSWER_S = 20.0
"""How long the device may take to say a sentence, after the one before it. Source: docs/mqtt.md, 1.8: 8 s at most."""


FLEETING = timedelta(seconds=10)
"""A sentence that is not worth saying for longer than this may come too late for a device that is speaking.

Source: docs/mqtt.md, 1.8: a sentence lasts 8 s at most.
"""


class Annunciator:
    """A `Voice` that asks one device.

    Args:
        link: to the home's broker.
        topic: on which the device listens.
        volume: 1 to 100.
        online: whether the device is not known to be gone.
        now: the time (aware UTC).
    """

    name = "annunciator"
    part = "gateway/annunciator"

    def __init__(
        self, link: Link, topic: str, *, volume: int, online: Callable[[], bool], now: Callable[[], datetime]
    ) -> None:
        self._link, self._topic, self._volume = link, topic, volume
        self._online, self._now = online, now
        self._asked: dict[str, asyncio.Event] = {}

    @property
    def ready(self) -> bool:
        """Whether the broker is there, and has not declared the device gone."""
        return self._link.connected and self._online()

    async def say(self, announcement: Announcement) -> None:
        """Ask the device."""
        self._asked[announcement.id] = asyncio.Event()
        try:
            await self._link.publish(self._topic, self._message(announcement), timeout_s=PUBLISH_S)
        except (LinkDown, PublishTimeout) as failure:
            del self._asked[announcement.id]
            raise VoiceFailed("broker_down", f"the home's broker did not take the sentence: {failure}") from failure

    async def confirm(self, announcement: Announcement) -> bool:
        """Wait for the device's answer; what passes within seconds may be dropped, and needs none."""
        if announcement.valid_until - announcement.at < FLEETING:
            del self._asked[announcement.id]
            return False
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._asked[announcement.id].wait()
        except TimeoutError:
            raise VoiceFailed("silent", "the annunciator did not answer: switch it off and on again") from None
        finally:
            del self._asked[announcement.id]
        return True

    def hear(self, played: str) -> None:
        """Take the device's answer; what was asked before needs none any more, for it says the newest."""
        if played in self._asked:
            for asked, answered in self._asked.items():
                answered.set()
                if asked == played:
                    return

    def _message(self, announcement: Announcement) -> bytes:
        said = {
            "v": VERSION,
            "id": announcement.id,
            "kind": announcement.occasion,
            "alert": announcement.alert_key,
            "zh": announcement.words.zh,
            "en": announcement.words.en,
            "light": announcement.light,
            "volume": self._volume,
            "at": self._now().isoformat(timespec="milliseconds"),
            "valid_until": announcement.valid_until.isoformat(timespec="milliseconds"),
        }
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
