"""The monthly proof: the whole chain from the button to the person is tried once a month, or somebody is told.

Theory of operation
-------------------
A chain that nobody tries is believed to work until the night it is needed. A trial in which everything worked
(`trial`, order `passed`) is the proof. `trial_every_days` after the last proof the next one is due, at once where
there never was one: the page shows it. When `trial_grace_days` more have passed, it is told as a fault, once, until the
next proof clears it. The proof is a stored reading like any other, so the schedule survives every restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.home import Home
    from gateway.detection.state import State

PART = "gateway/trial"
"""The device id under which orders to try the chain are stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofState:
    """What is remembered of proofs.

    Args:
        at: when the chain was last proved; None if never.
        overdue: the key under which its lack was told; "" when it was not.
        due: when time alone next changes anything.
    """

    at: datetime | None = None
    overdue: str = ""
    due: datetime = NEVER


def due_at(home: Home, state: State) -> datetime:
    """When the next proof is due; `NEVER` where none is asked for (`trial_every_days` is 0)."""
    days, last = home.limits.trial_every_days, state.proof.at
    if not days:
        return NEVER
    return state.started if last is None else last + timedelta(days=days)


def give(home: Home, state: State, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after a trial in which everything worked."""
    told = state.proof.overdue
    found = (_overdue(home, state, told, Phase.CLEARED, at),) if told else ()
    state = replace(state, proof=ProofState(at=at))
    return replace(state, proof=replace(state.proof, due=_told_from(home, state))), found


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due`, and the proof that is overdue by then."""
    told_from = _told_from(home, state)
    if told_from > due:
        return replace(state, proof=replace(state.proof, due=told_from)), ()
    key = f"trial_overdue:{due_at(home, state).isoformat()}"
    found = _overdue(home, state, key, Phase.RAISED, at)
    return replace(state, proof=replace(state.proof, overdue=key, due=NEVER)), (found,)


def _told_from(home: Home, state: State) -> datetime:
    due = due_at(home, state)
    return due if due == NEVER else due + timedelta(days=home.limits.trial_grace_days)


def _overdue(home: Home, state: State, key: str, phase: Phase, at: datetime) -> Detection:
    last = state.proof.at
    told: dict[str, str | int | float | bool] = {"device": PART, "every_days": home.limits.trial_every_days}
    if last is not None:
        told["proved_at"] = last.isoformat()
    return Detection(
        key=key,
        kind=AlertKind.SYSTEM,
        phase=phase,
        severity=Severity.FAULT,
        subject=PART,
        since=due_at(home, state),
        at=at,
        reason=Reason.TRIAL_OVERDUE if phase is Phase.RAISED else Reason.TRIAL_MADE,
        device=PART,
        evidence=told,
    )
