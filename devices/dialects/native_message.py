"""What all JSON messages of the native dialect share: version, boot and sequence number, the device's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devices.dialects.payload import Fault, read_number, read_time, refuse_field
from devices.dialects.refusals import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from devices.reading import Refusal

VERSION = 1
"""The contract's version that this dialect reads."""

LAST_BOOT = 2**31 - 1
"""Highest boot number, so that `boot << 32 | seq` fits a signed 64-bit column."""

LAST_SEQ = 2**32 - 1
"""Highest sequence number within one boot."""


@dataclass(slots=True)
class Message:
    """One message while it is being read: what is refused in it gathers in `refusals`."""

    topic: str
    device_id: str
    at: datetime
    origin: str
    fields: dict[str, Any]
    refusals: list[Refusal]

    def refuse(self, name: str, fault: Fault) -> None:
        """Write down that a field could not be used."""
        self.refusals.append(refuse_field(self.topic, name, self.fields.get(name), fault))

    def has_our_version(self) -> bool:
        """Whether all its fields mean what we think; refused if not."""
        found = self.fields.get("v")
        if found == VERSION and type(found) is int:
            return True
        expected = f"{VERSION}；请升级网关或固件 / {VERSION}: update one of the two"
        self.refuse("v", Fault(Reason.UNKNOWN_VERSION, expected))
        return False

    def sequence(self) -> int | None:
        """Boot and sequence as one number; None, and refused, where one is missing or wrong."""
        parts = []
        for name, last in (("boot", LAST_BOOT), ("seq", LAST_SEQ)):
            number = self.fields.get(name)
            if type(number) is not int or not 0 <= number <= last:
                self.refuse(name, Fault(Reason.BAD_SEQUENCE, f"0 到 {last} 的整数 / an integer from 0 to {last}"))
                return None
            parts.append(number)
        return parts[0] << 32 | parts[1]

    def device_at(self) -> datetime | None:
        """What the device's clock says; None where it says nothing, or nothing usable, which is refused."""
        told = self.fields.get("at")
        if told is None:
            return None
        when = read_time(told) if isinstance(told, str) else read_time(None)
        if isinstance(when, Fault):
            self.refuse("at", when)
            return None
        return when

    def figure(self, name: str, low: float, high: float) -> float | None:
        """A number that must be there and lie within bounds, not in quotes; None, and refused, otherwise."""
        told = self.fields.get(name)
        number = read_number(None if isinstance(told, str) else told, low, high)
        if isinstance(number, Fault):
            self.refuse(name, number if name in self.fields else Fault(Reason.MISSING, number.expected))
            return None
        return number
