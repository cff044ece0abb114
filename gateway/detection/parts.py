"""The parts of the gateway that can be in trouble: how long each may be before it is told, and how grave that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.model import Severity

if TYPE_CHECKING:
    from gateway.detection.home import Limits

BROKER = "gateway/broker"
"""The device id under which the gateway reports its connection to the home's broker."""

MAINS = "gateway/mains"
"""The device id under which it reports that it runs on its battery."""

UPS = "gateway/ups"
"""The device id of that battery, and of nobody telling anything about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How long a part of the gateway may be in trouble before people are told, and how grave that is.

    Args:
        severity: see `Severity`.
        patience_s: seconds; 0 tells at once.
        limit: the limit of the home that gives the patience instead, where an installer may choose it; "" for none.
    """

    severity: Severity
    patience_s: float = 0.0
    limit: str = ""

    def waits_s(self, limits: Limits) -> float:
        """The patience in this home, in seconds."""
        return float(getattr(limits, self.limit)) if self.limit else self.patience_s


PARTS = {
    BROKER: Part(severity=Severity.WARNING, limit="bridge_silence_s"),  # no sensor can be heard: the home is unwatched
    # One of two ways to the station: the other one still carries everything, and the station is told by it.
    "gateway/uplink": Part(severity=Severity.FAULT, limit="station_silence_s"),
    "gateway/uplink-spare": Part(severity=Severity.FAULT, limit="spare_silence_s"),
    # No way to the station at all: nobody there can be told, so rungs that do not use it must be.
    "gateway/station": Part(severity=Severity.WARNING, limit="station_silence_s"),
    MAINS: Part(severity=Severity.WARNING, limit="mains_loss_s"),
    # Nobody knows whether the mains are there. Source: our choice: upsd and its driver are up a minute after a boot.
    UPS: Part(severity=Severity.FAULT, patience_s=60.0),
    "gateway/ups-driver": Part(severity=Severity.FAULT, patience_s=60.0),
    "gateway/ups-stale": Part(severity=Severity.FAULT, patience_s=60.0),
    "gateway/ups-refused": Part(severity=Severity.FAULT, patience_s=60.0),
    "gateway/ups-garbled": Part(severity=Severity.FAULT, patience_s=60.0),
    "gateway/ups-battery": Part(severity=Severity.FAULT),
    # Source: our choice: a registrar or a mobile network that restarts is back within 3 min.
    "gateway/telephone": Part(severity=Severity.FAULT, patience_s=180.0),
    "gateway/modem": Part(severity=Severity.FAULT, patience_s=180.0),
    # Source: our choice: a receiver that restarts, or a line that dials in again, is back within 3 min.
    "gateway/scaip": Part(severity=Severity.FAULT, patience_s=180.0),
    "gateway/dc09": Part(severity=Severity.FAULT, patience_s=180.0),
    "gateway/player": Part(severity=Severity.FAULT),
    "gateway/annunciator": Part(severity=Severity.FAULT),
    "gateway/store": Part(severity=Severity.FAULT),
    "gateway/disk": Part(severity=Severity.FAULT),
    "gateway/clock": Part(severity=Severity.FAULT),
    "gateway/fall-model": Part(severity=Severity.FAULT),
}
"""Every part that the gateway reports of itself, by the device id of its readings."""

UNLISTED = Part(severity=Severity.FAULT)
"""A contact that the daily test cannot reach ("gateway/contact ..."), and a part that another version reported and this
one does not know: a fault, told at once."""
