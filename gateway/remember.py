"""Restart is replay: the belief is rebuilt from what is stored."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gateway.detection import pipeline
from gateway.judge import Belief

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.model import Detection
    from gateway.detection.home import Home
    from gateway.detection.pipeline import State
    from gateway.recall import Recall


async def remember(recall: Recall, home: Home, now: datetime) -> tuple[Belief, tuple[Detection, ...]]:
    """Rebuild the belief.

    Args:
        recall: the store.
        home: as it is configured now.
        now: when the watch begins, if nothing is stored.

    Returns:
        The belief after the newest stored reading, and what detectors found on the way. That was committed with the
        reading that brought it out, so it need not act again, unless the store has lost something; what only time
        brought out comes again with the next tick.
    """
    snapshot = await _snapshot(recall, home)
    state, after = snapshot or (pipeline.start(home, await recall.began_at() or now), 0)
    found: list[Detection] = []
    async for reading in recall.readings_after(after):
        state, more = pipeline.step(home, state, reading)
        found += more
    alerts = {alert.key: alert for alert in await recall.live_alerts()}
    return Belief(state=state, alerts=alerts, applied=await recall.applied()), tuple(found)


async def _snapshot(recall: Recall, home: Home) -> tuple[State, int] | None:
    """Give the newest snapshot's state and the id of its newest reading; None if it is of another home or code."""
    snapshot = await recall.snapshot()
    if snapshot is not None and snapshot.fingerprint == pipeline.fingerprint(home):
        with suppress(ValueError):
            return pipeline.decode_state(snapshot.state), snapshot.reading_id
    return None
