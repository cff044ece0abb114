"""What an alert is called in the two alarm-centre protocols: Contact ID (SIA DC-05) and SCAIP (CLC/TS 50134-9).

One table for both, so that a kind of alert cannot be known to one centre and unknown to the other.

Sources. Contact ID: the event codes of SIA DC-05-1999.09, appendix C, as published code tables repeat them; the codes
behind the first one are more general ones of the same family, for a receiver that does not know the first (it
answers DUH). 103 "fall detected" of DC-05-2016 is left out on purpose: published tables of receivers show it as a
technician's code, and nobody may take a fall for that; [dc09.codes] sets it where the centre knows it. SCAIP: device
types and status codes as public implementations of SS 91100:2014 list them; see docs/alarm-centres.md.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, AlertState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.model import Alert


class Codes(NamedTuple):
    """One row of the table.

    Args:
        contact_id: event codes, the most exact first.
        device_type: of SCAIP; "" when it is the type of the alert's own device.
        status: of SCAIP, when it began.
        status_over: of SCAIP, when it is over.
    """

    contact_id: tuple[str, ...]
    device_type: str
    status: str
    status_over: str


MATTERS: Mapping[str, Codes] = {
    "emergency": Codes(("101", "100"), "", "0010", "0093"),  # personal emergency · manual alarm
    "fall": Codes(("100",), "0005", "0009", "0093"),  # medical · automatic alarm of a fall detector
    "inactivity": Codes(("102", "100"), "0010", "0009", "0093"),  # fail to report in · of an activity detector
    "door": Codes(("150",), "0014", "0077", "0021"),  # 24 h auxiliary · open too long, closed
    "out": Codes(("150",), "0015", "0009", "0121"),  # the same · of a wandering sensor; present again
    "smoke": Codes(("111", "110"), "0023", "0009", "0094"),
    "gas": Codes(("151", "150"), "0021", "0009", "0094"),
    "carbon_monoxide": Codes(("162", "151", "150"), "0026", "0009", "0094"),
    "water_leak": Codes(("154", "150"), "0033", "0009", "0094"),
    "tamper": Codes(("144", "137"), "", "0125", "0094"),  # sensor tamper
    "battery": Codes(("384", "380"), "", "0016", "0015"),  # RF sensor low battery, sensor trouble
    "silence": Codes(("381", "380"), "", "0123", "0124"),  # supervision lost · radio check-in missing, back
    "bridge": Codes(("333", "330", "300"), "0050", "0042", "0091"),  # expansion module · radio unit failed
    "button": Codes(("380", "300"), "", "0067", "0094"),  # sensor trouble · malfunction
    "mains": Codes(("301", "300"), "0041", "0085", "0086"),  # AC loss · power failure, restored
    "supply": Codes(("302", "300"), "0041", "0016", "0015"),  # system battery low · of the power supply
    "uplink": Codes(("351", "350", "300"), "0032", "0026", "0115"),  # main line · primary link failed, back
    "uplink-spare": Codes(("352", "350", "300"), "0032", "0027", "0116"),  # second line · redundant link
    "station": Codes(("350", "300"), "0032", "0031", "0091"),  # communication trouble · disconnected, back
    "telephone": Codes(("350", "300"), "0032", "0042", "0091"),  # communication trouble
    "modem": Codes(("353", "350", "300"), "0032", "0024", "0113"),  # radio transmitter · mobile network
    "system": Codes(("300",), "0031", "0105", "0094"),  # system trouble · system monitor
}
"""Every matter that a centre can be told of."""

TEST_CODES = Codes(("601", "602"), "", "0102", "0102")
"""A test: manual test report, periodic test report · test transmission over the primary channel."""

_BY_REASON = {
    "smoke": "smoke",
    "gas": "gas",
    "carbon_monoxide": "carbon_monoxide",
    "water_leak": "water_leak",
    "out_at_night": "out",
    "not_back": "out",
    "out_longer_than_usual": "out",
    "out_later_than_usual": "out",
    "out_at_odd_hour": "out",
    "perhaps_at_home": "out",
    "back_home": "out",
    "bridge_down": "bridge",
    "bridge_up": "bridge",
    "battery_ending": "supply",
    "button_stuck": "button",
    "button_released": "button",
}

_BY_KIND = {
    AlertKind.EMERGENCY: "emergency",
    AlertKind.FALL: "fall",
    AlertKind.INACTIVITY: "inactivity",
    AlertKind.DOOR: "door",
    AlertKind.HAZARD: "smoke",  # one whose nature is not told: what concerns a life
    AlertKind.SILENCE: "silence",
    AlertKind.BATTERY: "battery",
    AlertKind.TAMPER: "tamper",
    AlertKind.SYSTEM: "system",
    AlertKind.TEST: "emergency",  # only for the device; what is reported of a test are the codes of a test
}

_OF_THE_WATCH = frozenset({AlertKind.SILENCE, AlertKind.BATTERY, AlertKind.TAMPER, AlertKind.SYSTEM})
"""What concerns the watch itself, and not the resident."""

_OF_ROLE = {
    "fall": "0005",
    "entrance": "0014",
    "inner_door": "0014",
    "motion": "0010",
    "presence": "0018",
    "bed": "0012",
    "seat": "0044",
    "activity": "0010",
    "hazard": "0020",
    "bridge": "0050",
}
_WORN_TRIGGER, _FIXED_TRIGGER, _UNDEFINED = "0003", "0004", "0001"


class Zone(NamedTuple):
    """One of the home's devices, as a centre knows it.

    Args:
        number: its place among [[devices]], from 1.
        role: what it is for: "sos", "fall", ...
        worn: worn by the resident, not fixed in a room.
    """

    number: int
    role: str
    worn: bool


NO_ZONE = Zone(0, "", worn=False)
"""The home itself, or time alone."""


class Stage(Enum):
    """How far the matter is, as a centre can be told."""

    NEW = auto()  # nobody has taken it
    TAKEN = auto()  # a person has, elsewhere
    OVER = auto()  # closed; or a fault of the watch that went away


def matter_of(alert: Alert) -> str:
    """Name what an alert is about: a key of `MATTERS`."""
    reason = str(alert.evidence.get("hazard", alert.reason))
    part = str(alert.evidence.get("part", ""))
    if reason not in _BY_REASON and alert.kind is AlertKind.SYSTEM and part in MATTERS:
        return part
    return _BY_REASON.get(reason, _BY_KIND[alert.kind])


def stage_of(alert: Alert) -> Stage:
    """Say what a centre is to make of it.

    A danger that went away before anybody looked is still new: a centre that hears of it late must not be told that
    all is well. A fault of the watch itself is over when it has gone away.
    """
    if alert.state in {AlertState.CLOSED, AlertState.CANCELLED}:
        return Stage.OVER
    if alert.state in {AlertState.ACKNOWLEDGED, AlertState.ATTENDED}:
        return Stage.TAKEN
    if alert.state is AlertState.RETURNED and alert.kind in _OF_THE_WATCH:
        return Stage.OVER
    return Stage.NEW


def device_type_of(zone: Zone) -> str:
    """Give the SCAIP device type of one of the home's devices."""
    if zone.role == "sos":
        return _WORN_TRIGGER if zone.worn else _FIXED_TRIGGER
    return _OF_ROLE.get(zone.role, _UNDEFINED)
