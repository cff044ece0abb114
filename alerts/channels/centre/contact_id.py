"""An alert as Contact ID events (SIA DC-05), the form in which SIA DC-09 carries it. Pure.

An event is `QXYZ GG CCC`: qualifier, event code, group, zone. The zone is the device's place among [[devices]].
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from alerts.channels.centre.codes import MATTERS, NO_ZONE, TEST_CODES, Stage, matter_of, stage_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.channels.centre.codes import Zone
    from alerts.model import Alert

QUALIFIERS = {Stage.NEW: 1, Stage.TAKEN: 6, Stage.OVER: 3}
"""New event, still present (reported before), restore. Source: SIA DC-05-1999.09, 4.1.2.

What nobody has taken is always a new event, also when it is told again: receivers show a repeated status only in the
history, and somebody must look.
"""

SEQUENCES = 9999
"""Sequence numbers run from 0001 to this. Source: DC-09-2013, 5.5.1.5."""


def events_of(alert: Alert, zones: Mapping[str, Zone], codes: Mapping[str, str]) -> tuple[str, ...]:
    """Give the events that tell an alert, the most exact first.

    Args:
        alert: in any state.
        zones: device id → its zone.
        codes: of the installer: matter → event code to use first.

    Returns:
        "1101 00 001", then the same with more general codes for a receiver that does not know the first.
    """
    matter = matter_of(alert)
    wanted = TEST_CODES.contact_id if alert.test else MATTERS[matter].contact_id
    if matter in codes and not alert.test:
        wanted = (codes[matter], *(code for code in wanted if code != codes[matter]))
    zone = zones.get(alert.device, NO_ZONE).number
    qualifier = 1 if alert.test else QUALIFIERS[stage_of(alert)]
    return tuple(f"{qualifier}{code} 00 {zone:03}" for code in wanted)


def sequence_of(delivery_id: str, place: int, previous: int) -> int:
    """Give the sequence number of one event of a delivery.

    It is made of the delivery itself, so the same telling keeps its number over every retry and every restart, and a
    receiver knows it again, with nothing stored. Two different messages in a row never share one while the process
    lives; over a restart they do once in 9,999, and then the ladder's next telling has another number.

    Args:
        delivery_id: the idempotency key.
        place: of the event among `events_of`.
        previous: the number of the last different message; 0 for none.
    """
    digest = blake2b(f"{delivery_id}\0{place}".encode(), digest_size=8).digest()
    number = 1 + int.from_bytes(digest) % SEQUENCES
    return number if number != previous else 1 + number % SEQUENCES
