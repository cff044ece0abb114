"""Zigbee2MQTT's list of the devices it has paired, from `<base>/bridge/devices`: how an installer picks, not types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from devices.dialects.payload import INVENTORY_LIMIT_BYTES, Fault, read_json, refuse_field
from devices.dialects.refusals import Reason
from devices.dialects.zigbee2mqtt_words import LOOSE, STRICT, action_fact
from devices.reading import Kind, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

TOPIC = "bridge/devices"
"""Under the base topic; retained by the bridge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedDevice:
    """A device that the bridge has paired.

    Args:
        id: its friendly name, as its messages will carry it.
        model: the converter's name of the model, or the maker's own where no definition is known; "" if neither.
        vendor: the maker; "" if not known.
        power_source: as the device says: "Battery", "Mains (single phase)", ...; "" if it did not say.
        kinds: what its properties can tell the gateway. Empty for lamps, and where no definition is known.
    """

    id: str
    model: str
    vendor: str
    power_source: str
    kinds: frozenset[Kind]


class Inventory(NamedTuple):
    """The devices that could be read, and what in the list could not."""

    devices: tuple[AnnouncedDevice, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def inventory(payload: bytes) -> Inventory:
    """Reads the bridge's list, without the coordinator itself; never raises.

    Args:
        payload: the bytes of a message on `<base>/bridge/devices`, up to 8 MiB.
    """
    found = read_json(TOPIC, payload, INVENTORY_LIMIT_BYTES)
    if isinstance(found, Refusal):
        return Inventory((), (found,))
    rows, refusals = found
    if not isinstance(rows, list):
        fault = Fault(Reason.WRONG_TYPE, "设备列表 / a list of devices")
        return Inventory((), (*refusals, refuse_field(TOPIC, TOPIC, rows, fault)))
    devices: list[AnnouncedDevice] = []
    faults: list[Refusal] = list(refusals)
    for row in rows:
        device = _device(row)
        if isinstance(device, Fault):
            faults.append(refuse_field(TOPIC, "device", row, device))
        elif device is not None:
            devices.append(device)
    return Inventory(tuple(devices), tuple(faults))


def _device(row: Any) -> AnnouncedDevice | Fault | None:  # noqa: ANN401  # any JSON
    name = row.get("friendly_name") if isinstance(row, dict) else None
    if not isinstance(name, str) or not name or not name.isprintable():
        return Fault(Reason.WRONG_TYPE, "带 friendly_name 的设备 / a device with a friendly_name")
    if row.get("type") == "Coordinator":
        return None
    definition = row.get("definition")
    if not isinstance(definition, dict):
        definition = {}  # null while the interview runs, and for models the converters do not know
    return AnnouncedDevice(
        id=name,
        model=_text(definition.get("model")) or _text(row.get("model_id")),
        vendor=_text(definition.get("vendor")) or _text(row.get("manufacturer")),
        power_source=_text(row.get("power_source")),
        kinds=_kinds(definition.get("exposes")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() else ""


def _kinds(exposes: Any) -> frozenset[Kind]:  # noqa: ANN401  # any JSON
    kinds = frozenset(_all_kinds(exposes))
    strap = Kind.BED in kinds and Kind.PRESENCE not in kinds
    return kinds - {Kind.MOTION} if strap else kinds  # as in decode: a strap's occupancy is the bed's


def _all_kinds(exposes: Any) -> Iterator[Kind]:  # noqa: ANN401  # any JSON
    """Walks the exposes and their nested features without recursion: the nesting is the sender's to choose."""
    waiting = list(exposes) if isinstance(exposes, list) else []
    while waiting:
        expose = waiting.pop()
        if not isinstance(expose, dict):
            continue
        features = expose.get("features")
        waiting += features if isinstance(features, list) else []
        yield from _kinds_of_one(expose)


def _kinds_of_one(expose: dict[str, Any]) -> Iterator[Kind]:
    name = expose.get("property")
    values = expose.get("values")
    values = values if isinstance(values, list) else [expose.get("value_on"), expose.get("value_off")]
    if name == "battery" and expose.get("type") == "numeric":
        yield Kind.BATTERY
    if not isinstance(name, str):
        return
    words = STRICT.get(name) or LOOSE.get(name) or {}
    for value in values:
        if name == "action" and isinstance(value, str) and (fact := action_fact(value)) is not None:
            yield fact[0]
        word = value.lower() if isinstance(value, str) else value
        if isinstance(word, bool | str):
            yield from (kind for kind, _ in words.get(word, ()))
