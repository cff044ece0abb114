"""What a store whose file was replaced is told once more: everything that is believed, and what is owed to people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts import ladder as ladders
from alerts import lifecycle
from alerts.model import UNTAKEN_STATES, AlertState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.ladder import Ladder
    from alerts.model import Delivery
    from gateway.batch import Batch
    from gateway.judge import Belief


TAKEN_STATES = frozenset({AlertState.ACKNOWLEDGED, AlertState.ATTENDED})

BEFORE_ALL = datetime(2020, 1, 1, tzinfo=UTC)


def outrank(belief: Belief, now: datetime) -> Belief:
    """Lift what lives above all that was told of it since the backup was made, which is forgotten.

    Otherwise the station would take what is said of it from now on, the next press included, for old news. The seconds
    since `BEFORE_ALL` outrank what was told after an earlier loss, too: an alert is not revised once a second for long.
    """
    least = int((now - BEFORE_ALL).total_seconds())
    lifted = {key: replace(alert, revision=max(alert.revision + 1, least)) for key, alert in belief.alerts.items()}
    return replace(belief, alerts=lifted)


def out_of_date(belief: Belief, under_way: Iterable[Delivery]) -> list[str]:
    """Give the alerts of which nothing read back may still be said: somebody had taken them, or they are over.

    Args:
        belief: what was read back.
        under_way: the rows that were read back, perhaps from another time than their alerts.
    """
    waiting = {key for key, alert in belief.alerts.items() if alert.state not in TAKEN_STATES}
    return sorted({row.alert_key for row in under_way} - waiting)


def tell_who_has_it(ladder: Ladder, belief: Belief, at: datetime) -> list[Delivery]:
    """Tell the station of what somebody had taken: it may know better by now, and then says so.

    Args:
        ladder: the bed's ladder.
        belief: what was read back.
        at: of the belief.
    """
    stations = [rung.contact for rung in ladder.rungs if "station" in rung.channels]
    taken = [alert for alert in belief.alerts.values() if alert.state in TAKEN_STATES]
    cause = f"read back as of {at.isoformat()}"
    return [ladders.told_again(alert, contact, "station", at, cause) for alert in taken for contact in stations]


def restate(batch: Batch, belief: Belief, under_way: Iterable[Delivery], at: datetime) -> None:
    """Put all that is believed into a batch; what the store has already stays as it is.

    Args:
        batch: that is being gathered.
        belief: what the box holds to be true.
        under_way: the rows that the dispatcher has.
        at: now.
    """
    batch.alerts += belief.alerts.values()
    batch.applied += ((name, key, at) for name, key in belief.applied.items())
    batch.known += under_way


def owe_again(ladder: Ladder, belief: Belief, under_way: Iterable[Delivery]) -> list[Delivery]:
    """Plan the round anew for whom nobody has taken, where the rows that were due may be what was lost.

    They get the ids that they had: whoever was told already knows them again.

    Args:
        ladder: the bed's ladder.
        belief: what was read back.
        under_way: the rows that were read back.
    """
    owed = {row.alert_key for row in under_way}
    planned: list[Delivery] = []
    for alert in belief.alerts.values():
        if alert.state in UNTAKEN_STATES and alert.key not in owed:
            opened = lifecycle.Change(alert=alert, step=lifecycle.Step.OPENED, previous=None)
            planned += ladders.plan(ladder, opened).deliveries
    return planned
