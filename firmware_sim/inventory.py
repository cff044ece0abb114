"""The list that a Zigbee2MQTT bridge publishes of its devices, with what each exposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sim.dice import dice

if TYPE_CHECKING:
    from firmware_sim.house import Fitted, House
    from firmware_sim.models import Words

_PUBLISHED = 1  # the access bit "found in the published state"
_COORDINATOR = {
    "ieee_address": "0x00124b0000000001",
    "type": "Coordinator",
    "friendly_name": "Coordinator",
    "network_address": 0,
    "supported": True,
    "disabled": False,
    "interview_completed": True,
    "definition": None,
}


def inventory(house: House, seed: int) -> list[dict[str, object]]:
    """Return the payload of `bridge/devices`: the coordinator, then every device."""
    return [_COORDINATOR, *(_listed(device, seed) for device in house.devices)]


def ieee_address(device: str, seed: int) -> str:
    """Return a device's Zigbee address, the same for each seed."""
    return f"0x00158d00{dice(seed, 'address', device).getrandbits(32):08x}"


def _listed(device: Fitted, seed: int) -> dict[str, object]:
    mains = device.model.mains
    zigbee = device.model.zigbee
    return {
        "ieee_address": ieee_address(device.id, seed),
        "type": "Router" if mains else "EndDevice",
        "friendly_name": device.id,
        "network_address": dice(seed, "network", device.id).randint(1, 65527),
        "power_source": "Mains (single phase)" if mains else "Battery",
        "supported": True,
        "disabled": False,
        "interview_completed": True,
        "definition": {
            "model": zigbee.model,
            "vendor": zigbee.vendor,
            "description": device.name,
            "exposes": _exposes(device),
        },
    }


def _exposes(device: Fitted) -> list[dict[str, object]]:
    shown = [_exposed(name, words) for kind in device.model.zigbee.words.values() for name, words in kind.items()]
    figures = {"linkquality": "lqi"} if device.model.mains else {"battery": "%", "linkquality": "lqi"}
    return [*shown, *(_figure(name, unit) for name, unit in figures.items())]


def _figure(name: str, unit: str) -> dict[str, object]:
    return {"type": "numeric", "name": name, "property": name, "access": _PUBLISHED, "unit": unit}


def _exposed(name: str, words: Words) -> dict[str, object]:
    shown: dict[str, object] = {"name": name, "property": name, "access": _PUBLISHED}
    if True in words:
        return {"type": "binary", **shown, "value_on": words[True], "value_off": words[False]}
    return {"type": "enum", **shown, "values": list(dict.fromkeys(words.values()))}
