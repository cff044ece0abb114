"""A simulated home: its rooms and what is fitted in them. There is one built in; a TOML file may describe another.

```toml
timezone = "Asia/Shanghai"
[[rooms]]
id = "bedroom"
kind = "bedroom"        # bedroom, bathroom, kitchen, living or hall; each kind once
name = "卧室"
[[devices]]
id = "pir_bedroom"
type = "pir"            # a name in firmware_sim/models.py
room = "bedroom"        # left out for worn devices
name = "卧室人体感应"
```
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from firmware_sim.models import MODELS, Model
from firmware_sim.refused import Refused
from firmware_sim.resident import Place

if TYPE_CHECKING:
    from pathlib import Path

Form = Literal["native", "zigbee2mqtt"]

_INDOORS = tuple(place for place in Place if place is not Place.OUTSIDE)
_DEVICE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # docs/mqtt.md, 1.1
BRIDGE = "bridge"
"""What commands call the Zigbee bridge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room: its id, what kind of place it is, and its Chinese name."""

    id: str
    kind: Place
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A device in its place.

    Args:
        id: device id, or friendly name on the bridge.
        type: a name in `MODELS`.
        room: the room's id; "" for worn devices.
        name: Chinese name.
    """

    id: str
    type: str
    room: str
    name: str

    @property
    def model(self) -> Model:
        """What it is."""
        return MODELS[self.type]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A home with everything in it.

    Args:
        timezone: of its days and nights.
        rooms: each kind of place once.
        devices: with ids that differ.
    """

    timezone: ZoneInfo
    rooms: tuple[Room, ...]
    devices: tuple[Fitted, ...]

    def place_of(self, device: Fitted) -> Place | None:
        """Return the kind of place where a device hangs; None for worn devices."""
        return next((room.kind for room in self.rooms if room.id == device.room), None)


DEFAULT = House(
    timezone=ZoneInfo("Asia/Shanghai"),
    rooms=(
        Room(id="bedroom", kind=Place.BEDROOM, name="卧室"),
        Room(id="bathroom", kind=Place.BATHROOM, name="卫生间"),
        Room(id="kitchen", kind=Place.KITCHEN, name="厨房"),
        Room(id="living", kind=Place.LIVING, name="客厅"),
        Room(id="hall", kind=Place.HALL, name="门厅"),
    ),
    devices=(
        Fitted(id="door_entrance", type="door_contact", room="hall", name="入户门门磁"),
        Fitted(id="pir_bedroom", type="pir", room="bedroom", name="卧室人体感应"),
        Fitted(id="pir_bathroom", type="pir", room="bathroom", name="卫生间人体感应"),
        Fitted(id="pir_kitchen", type="pir", room="kitchen", name="厨房人体感应"),
        Fitted(id="pir_living", type="pir", room="living", name="客厅人体感应"),
        Fitted(id="pir_hall", type="pir", room="hall", name="门厅人体感应"),
        Fitted(id="bed_strap", type="bed_strap", room="bedroom", name="床带"),
        Fitted(id="radar_living", type="fall_radar", room="living", name="客厅跌倒雷达"),
        Fitted(id="pendant", type="pendant", room="", name="随身呼救按钮"),
        Fitted(id="cord_bathroom", type="sos_cord", room="bathroom", name="卫生间呼救拉绳"),
        Fitted(id="smoke_kitchen", type="smoke", room="kitchen", name="厨房烟感"),
    ),
)
"""The home that is simulated when no file is named."""


def with_annunciator(house: House, device: str) -> House:
    """Return the home with an annunciator in its living room.

    Raises:
        Refused: when the id cannot be used.
    """
    room = next(room for room in house.rooms if room.kind is Place.LIVING)
    voice = Fitted(id=device, type="annunciator", room=room.id, name=f"{room.name}播报器")
    fitted = replace(house, devices=(*house.devices, voice))
    _check(fitted)
    return fitted


def load_house(path: Path) -> House:
    """Return the home that a TOML file describes.

    Raises:
        Refused: when the file cannot be read or does not describe a home; the sentence says what to change.
    """
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
        house = House(
            timezone=ZoneInfo(text.get("timezone", "Asia/Shanghai")),
            rooms=tuple(_room(row) for row in text["rooms"]),
            devices=tuple(_fitted(row) for row in text["devices"]),
        )
    except OSError as error:
        raise Refused("no_home_file", f"{path.name} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ZoneInfoNotFoundError, ValueError) as error:
        raise Refused("bad_home_file", f"{path.name} is not a home: {error}.") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused("bad_home_file", f"{path.name} lacks or misspells a key: {error}.") from error
    _check(house)
    return house


def _room(row: dict[str, object]) -> Room:
    return Room(id=_text(row, "id"), kind=Place(_text(row, "kind")), name=_text(row, "name"))


def _fitted(row: dict[str, object]) -> Fitted:
    room = _text({"room": "", **row}, "room")
    return Fitted(id=_text(row, "id"), type=_text(row, "type"), room=room, name=_text(row, "name"))


def _text(row: dict[str, object], key: str) -> str:
    value = row[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} must be a text, found {value!r}")
    return value


def _check(house: House) -> None:
    kinds = [room.kind for room in house.rooms]
    if sorted(kinds) != sorted(_INDOORS):
        raise Refused("bad_rooms", f"Rooms must be each of {', '.join(_INDOORS)} once; found {', '.join(kinds)}.")
    rooms = {room.id for room in house.rooms} | {""}
    counted = Counter(device.id for device in house.devices)
    for device in house.devices:
        if counted[device.id] > 1 or device.id == BRIDGE or not _DEVICE_ID.fullmatch(device.id):
            raise Refused("bad_device_id", f"{device.id!r}: use 1-64 of A-Z a-z 0-9 . _ -, each id once.")
        if device.type not in MODELS:
            raise Refused("bad_device_type", f"{device.id}: {device.type!r} is not one of {', '.join(MODELS)}.")
        if device.room not in rooms:
            raise Refused("bad_device_room", f"{device.id}: there is no room {device.room!r}.")


def describe(house: House, form: Form) -> dict[str, object]:
    """Return the home as plain JSON values, for whoever writes the gateway's configuration.

    Args:
        house: the home.
        form: which dialect its devices speak; decides the model's name.
    """
    return {
        "timezone": str(house.timezone),
        "dialect": form,
        "rooms": [asdict(room) for room in house.rooms],
        "devices": [
            {
                "id": device.id,
                "type": device.type,
                "role": device.model.role,
                "room": device.room,
                "model": device.model.native if form == "native" else device.model.zigbee.model,
                "mains": device.model.mains,
                "report_interval_s": device.model.heartbeat_s,
                "name": device.name,
            }
            for device in house.devices
        ],
    }
