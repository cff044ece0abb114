"""What the home and the station say to each other, sealed and versioned. Both ends share this file.

Theory of operation
-------------------
Six messages on six topics of one home. The home says `alert`, `heartbeat` and `decision_receipt`; the station says
`receipt` (a machine has stored your alert), `decision` (a person has taken it) and `heard` (your heartbeat is stored).
A receipt is never a decision.

A home may have a spare path to its station. What travels by it has topics of its own, so that both ends know by which
path a message came without having to trust it, the seal binds it to that path, and a reply goes back the way that the
question came: the spare path is paid for by the byte. Heartbeats and their answers are worth nothing later, so no
broker is asked to keep them (QoS 0); everything else is (QoS 1).

Every message travels in a sealed envelope (`alerts.envelope`). Repeating an old message is harmless: every effect is
bound to an id or a revision, and a heartbeat that is not newer than the last is no sign of life. Fields that are not
known are ignored, so that version 1 can grow; a change of meaning is version 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from alerts.brief import BedInfo, Brief  # noqa: TC001 - pydantic reads the annotations
from alerts.envelope import LARGEST_BYTES, WireError, enclose, open_envelope
from alerts.model import Alert, AlertState, Cause, Outcome  # noqa: TC001 - the same
from alerts.topics import MAIN, PATHS, SPARE, Address, Topics, address_of, qos_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "LARGEST_BYTES", "MAIN", "PATHS", "SPARE", "Action", "Address", "AlertMessage", "Body", "Decision",
    "DecisionReceipt", "Heard", "Heartbeat", "Receipt", "Topics", "WireError", "address_of", "qos_of", "seal", "unseal",
]  # fmt: skip

LARGEST_NUMBER = 2**53
"""Whole numbers beyond this are not exact in every JSON reader. Source: RFC 8259 section 6."""


YEARS = range(1970, 3000)
"""Times outside are no times of alerts; shifting them between zones may not even be possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """Home → station: an alert as it is now, and all that the person on duty needs to act on it.

    Args:
        delivery_id: which telling; the same at every attempt, so that the station stores it once.
        sent_at: the home's time of this attempt.
        alert: as it is now.
        bed: what the brief says of the place and the person.
        brief_zh, brief_en: the alert in words, written by the home.
        test: True when the installer tries the chain; shown, never counted.
    """

    delivery_id: str
    sent_at: datetime
    alert: Alert
    bed: BedInfo
    brief_zh: Brief
    brief_en: Brief
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Station → home: this telling is stored, and survives a power cut. No person has seen it yet.

    Args:
        delivery_id: of the message.
        alert_key: of the message.
        revision: what is stored of that alert; above the message's when something newer is.
        stored_at: the station's time when it was first stored.
    """

    delivery_id: str
    alert_key: str
    revision: int
    stored_at: datetime


class Action(StrEnum):
    """What a person on duty did."""

    ACKNOWLEDGED = "acknowledged"  # 接警
    SET_OUT = "set_out"  # 出发
    ATTENDED = "attended"  # 到场
    CLOSED = "closed"  # 办结


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Station → home: a person did something about an alert.

    Args:
        id: 32 hex digits; the same at every attempt.
        alert_key: which alert.
        revision: the revision that the person saw.
        action: what they did.
        by: who.
        at: the station's time.
        outcome: with CLOSED only: what they found.
        note: free words.
        cause: of a false alarm only: what it came from, if they know.
    """

    id: str
    alert_key: str
    revision: int
    action: Action
    by: str
    at: datetime
    outcome: Outcome | None = None
    note: str = ""
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReceipt:
    """Home → station: the decision is stored in the home.

    Args:
        id: of the decision.
        state: of the alert now; None where the home does not know the alert.
        refused: a fixed short reason when the decision changed nothing; "" when it did.
    """

    id: str
    state: AlertState | None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Home → station: the watch is working, or in which way it is not.

    Args:
        at: the home's time.
        sequence: rises by one with each heartbeat and never falls back, restarts included.
        uptime_s: since the gateway's process began.
        healthy: broker, store and ticks are all fresh.
        live_alerts: how many alerts are live, so that the station can see that it has them all.
        version: of the gateway.
        presence: "home", "away", "asleep" or "unknown"; None where the family does not share it.
        faults: a sentence for each thing that is wrong.
        tested_at: when the whole chain was last tried and worked; None if never.
        test_due_at: when it is to be tried again; None where nobody asks for it.
        boot: a random name of this run of the gateway's process. A process never comes back to an earlier name, so two
            names that take turns are two boxes.
        paths: the paths that this home has.
        next_s: the next heartbeat on this path comes within so many seconds; 0 from a home that does not say.
        alone: the station answers on no other path at present.
        confirmed, confirmed_at: `sequence` and `at` of the newest heartbeat that the station has answered; 0 and None
            before the first.
        told_again: the latest `Heard.forgotten_since` that was acted on; None before.
    """

    at: datetime
    sequence: int
    uptime_s: float
    healthy: bool
    live_alerts: int
    version: str
    presence: str | None = None
    faults: tuple[str, ...] = ()
    tested_at: datetime | None = None
    test_due_at: datetime | None = None
    boot: str = ""
    paths: tuple[str, ...] = (MAIN,)
    next_s: float = 0.0
    alone: bool = False
    confirmed: int = 0
    confirmed_at: datetime | None = None
    told_again: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Station → home: this heartbeat is stored; the proof that the path works, from end to end and back.

    Args:
        sequence: of the heartbeat.
        forgotten_since: the station's store was put back to how it was at this time of the home's; all that changed
            since is to be told again. None while nothing is missing.
    """

    sequence: int
    forgotten_since: datetime | None = None


Body = AlertMessage | Receipt | Decision | DecisionReceipt | Heartbeat | Heard
M = TypeVar("M", bound=Body)


_ADAPTERS: dict[type, TypeAdapter[Any]] = {
    AlertMessage: TypeAdapter(AlertMessage),
    Receipt: TypeAdapter(Receipt),
    Decision: TypeAdapter(Decision),
    DecisionReceipt: TypeAdapter(DecisionReceipt),
    Heartbeat: TypeAdapter(Heartbeat),
    Heard: TypeAdapter(Heard),
}
# The contracts import these two for the type checker only; here their annotations are read.
_ADAPTERS[AlertMessage].rebuild(_types_namespace={**globals(), "Mapping": Mapping, "datetime": datetime})


def seal(message: Body, topic: str, secret: bytes) -> bytes:
    """Writes a message for one topic.

    Args:
        message: any of the six.
        topic: where it will be published; part of what is sealed.
        secret: the home's.

    Returns:
        The payload, UTF-8 JSON.

    Raises:
        WireError: "too_big", "bad_field" (a time without zone, a number that is not finite) or "not_utf8".
    """
    _require_exact(message)
    try:
        body = _ADAPTERS[type(message)].dump_json(message)
    except PydanticSerializationError as error:
        raise WireError("not_utf8", f"the message cannot be written: {error}") from None
    return enclose(body, topic, secret)


def unseal(kind: type[M], topic: str, payload: bytes, secret: bytes) -> M:
    """Reads what arrived on a topic.

    Args:
        kind: what the topic carries.
        topic: where it arrived.
        payload: as it arrived; any bytes.
        secret: of the home in the topic.

    Returns:
        The message; every time in it is aware.

    Raises:
        WireError: see its reasons.
    """
    body = open_envelope(topic, payload, secret)
    try:
        message: M = _ADAPTERS[kind].validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise WireError("bad_field", f"{where}: {first['msg']}"[:200]) from None
    _require_exact(message)
    return message


def _require_exact(message: Body) -> None:
    """Refuses what readers or databases would bend: a time without zone or of no age of ours, a huge number."""
    for where, value in _leaves(message):
        if isinstance(value, datetime) and value.utcoffset() is None:
            raise WireError("bad_field", f"{where}: a time needs its zone")
        if isinstance(value, datetime) and value.year not in YEARS:
            raise WireError("bad_field", f"{where}: the year {value.year} is no year of an alert")
        if isinstance(value, int | float) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            raise WireError("bad_field", f"{where}: a number is finite and at most 2^53")


def _leaves(message: object, where: str = "") -> Iterator[tuple[str, object]]:
    if is_dataclass(message):
        for each in fields(message):
            yield from _leaves(getattr(message, each.name), f"{where}.{each.name}" if where else each.name)
    elif isinstance(message, Mapping):
        for key, value in message.items():
            yield f"{where}.{key}", value
    else:
        yield where, message
