"""What a station that has lost its memory is told again.

A station whose store was put back to an old backup has forgotten what came since, although it had receipted it. It says
since when, in the home's own time; every alert that it had been told of and that still lives, or has changed since, is
told once more as it is now. The rows are made of alert and cause, so that asking twice tells once.

The other way round, a home that has lost its memory may be behind its station, which would take what it says for old
news. The station's receipt says how far it is, and `outdo` tells the alert again above that.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import ladder
from alerts.model import LIVE_STATES
from gateway.judge import NOTHING, Writes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from alerts.model import Alert
    from gateway.judge import Belief

MARGIN = timedelta(minutes=5)
"""Told again although it may be known: what changed about when the backup was made."""

LONGEST = timedelta(days=7)
"""How far back alerts are told that are over. Source: our choice: what a station still asks about."""


def looks_back_to(since: datetime, now: datetime) -> datetime:
    """Say from when on changes are looked for."""
    return max(since - MARGIN, now - LONGEST)


def tell_again(belief: Belief, told: Iterable[Alert], contact: str, *, at: datetime, since: datetime) -> Writes:
    """Say what is to be written so that the station learns it once more.

    Args:
        belief: what is live now.
        told: what the store says of alerts that the station had been told of.
        contact: the ladder's name of the station.
        at: now.
        since: from when on the station's memory is lost.

    Returns:
        A row for each alert. One that the store holds as live and that lives no more has just ended: whoever ended it
        is told, or did it at the station.
    """
    alerts = tuple(
        belief.alerts.get(alert.key, alert)
        for alert in told
        if alert.key in belief.alerts or alert.state not in LIVE_STATES
    )
    cause = f"forgotten since {since.isoformat()}"
    return Writes(
        alerts=alerts,
        deliveries=tuple(ladder.told_again(alert, contact, "station", at, cause) for alert in alerts),
    )


def outdo(belief: Belief, alert_key: str, revision: int, contact: str, *, at: datetime) -> tuple[Belief, Writes]:
    """Tell the station above what it has stored, where that is a later revision than ours: our memory went back.

    Otherwise it would take what we say of that alert from now on, the next press included, for old news.

    Args:
        belief: what is live now.
        alert_key: of the alert.
        revision: that the station has stored.
        contact: the ladder's name of the station.
        at: now.

    Returns:
        The belief and what is to be written; nothing where ours is no earlier.
    """
    alert = belief.alerts.get(alert_key)
    if alert is None or alert.revision >= revision:
        return belief, NOTHING
    alert = replace(alert, revision=revision + 1)
    again = ladder.told_again(alert, contact, "station", at, f"outdone by {revision} at {at.isoformat()}")
    lifted = replace(belief, alerts={**belief.alerts, alert_key: alert})
    return lifted, Writes(alerts=(alert,), deliveries=(again,))
