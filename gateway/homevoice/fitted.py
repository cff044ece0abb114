"""What speaks to the resident in this home, made from its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.homevoice.announcer import Announcer
from gateway.homevoice.annunciator import Annunciator
from gateway.homevoice.player import Player

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from alerts.link import Link
    from config.settings import Settings
    from gateway.homevoice.voice import Voice
    from gateway.metrics import Metrics
    from gateway.recall import Recall
    from gateway.watch import Watch


async def announcer_of(  # noqa: PLR0913 - each is a different neighbour
    settings: Settings, link: Link, *, watch: Watch, recall: Recall, metrics: Metrics, now: Callable[[], datetime]
) -> Announcer | None:
    """Make what speaks to the resident, and have it listen to the watch; None where nothing can speak."""
    voices = _voices(settings, link, watch, now)
    if not voices:
        return None
    announcer = Announcer(
        voices,
        watch.rules.ladder,
        watch=watch,
        now=now,
        counted=lambda voice, outcome: metrics.announcements.labels(voice=voice, outcome=outcome).inc(),
    )
    await announcer.remember(recall)
    watch.witnesses.append(announcer.witness)
    return announcer


def _voices(settings: Settings, link: Link, watch: Watch, now: Callable[[], datetime]) -> list[Voice]:
    asked = settings.annunciator
    found: list[Voice] = []
    if (device := asked.device) is not None:

        def online() -> bool:
            known = watch.belief.state.devices.get(device)
            return known is None or known.available is not False

        topic = f"{settings.native.base_topic}/{device}/say"
        found.append(Annunciator(link, topic, volume=asked.volume, online=online, now=now))
    if asked.player:
        cache = settings.store.path.parent / "speech"
        found.append(Player(asked.player, cache, clips=asked.clips, language=asked.language, volume=asked.volume))
    return found
