"""The longest unseen time in words: how long, why, and what to do. Fixed names as in `gateway.detection.coverage`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from alerts import spoken
from alerts.occurrence import Words
from alerts.part_words import part_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.brief import BedInfo
    from alerts.spoken import Language

NAME_LIMIT: Final = 40
"""Characters of a name, as in `alerts.brief`."""

BOUNDED: Final = Words("最长 {length}后才会有人知道", "it may take up to {length} until anybody knows")
UNBOUNDED: Final = Words("可能一直没有人知道", "it may be that nobody ever knows")

CAUSES: Final = {
    "radar": Words("{room}有跌倒雷达，倒下就告警", "a fall radar watches the {room} and tells at once"),
    "silence": Words("{room}里要等长时间没有动静才告警", "in the {room} only a long silence tells of it"),
    "taken_for_out": Words(
        "{room}里没有传感器看得到老人，大门一动，就可能被当成外出",
        "no sensor sees the {room}, and once the door has moved she may be taken to be out",
    ),
    "all_silent": Words("屋里的传感器一个也没有消息", "no sensor indoors can be heard"),
    "no_way": Words("没有一条通知人的线路是通的", "no way of telling anybody works"),
}
"""Why it takes so long at the worst place."""

IN_BED: Final = Words("躺在床上时要等更久没有动静才告警", "in bed only a longer silence tells of it")
HOME: Final = Words("家", "home")
"""The room of a home whose sensors have none."""

TODO: Final = {
    "battery": Words("请换“{what}”的电池", "please change the battery of “{what}”"),
    "power": Words("请检查“{what}”的电源", "please check the power of “{what}”"),
    "install": Words(
        "“{what}”从来没有消息，请检查是否装好", "“{what}” was never heard: please check how it is installed"
    ),
    "bridge": Words("请检查接收传感器信号的“{what}”", "please see to “{what}”, through which the sensors are heard"),
    "path": Words("请修复：{what}", "please mend this: {what}"),
    "add_sensor": Words("请在{what}装人体感应或跌倒雷达", "please fit a motion sensor or a fall radar in the {what}"),
}
"""What to do about it."""

RECEIVER: Final = Words("守望盒", "the watch box")
"""What hears the sensors where no bridge is named."""


def how_long(seconds: float | None, language: Language) -> str:
    """How long it may take; None where nothing bounds it."""
    if seconds is None:
        return UNBOUNDED.in_(language)
    return BOUNDED.in_(language).format(length=spoken.duration(timedelta(seconds=seconds), language))


def why(cause: str, room: str, bed: BedInfo, language: Language, *, in_bed: bool = False) -> str:
    """Why it takes so long; "" for a cause that is not known here."""
    words = IN_BED if in_bed and cause == "silence" else CAUSES.get(cause)
    return words.in_(language).format(room=room_name(room, bed, language)) if words else ""


def todo(name: str, what: str, bed: BedInfo, language: Language) -> str:
    """What to do; "" for something that is not known here."""
    words = TODO.get(name)
    return words.in_(language).format(what=_name(name, what, bed, language)) if words else ""


def told(evidence: Mapping[str, object], bed: BedInfo, language: Language) -> str:
    """Why it takes so long and what to do, from an alert's evidence."""
    cause, room, name, what = (str(evidence.get(each, "")) for each in ("cause", "room", "todo", "what"))
    words = (why(cause, room, bed, language), todo(name, what, bed, language))
    return ("；" if language == "zh" else "; ").join(each for each in words if each)


def room_name(room: str, bed: BedInfo, language: Language) -> str:
    """A room as people call it."""
    return spoken.one_line(bed.rooms.get(room) or room or HOME.in_(language), NAME_LIMIT)


def _name(name: str, what: str, bed: BedInfo, language: Language) -> str:
    if name == "add_sensor":
        return room_name(what, bed, language)
    part = what.removeprefix("gateway/")
    if part == "broker":
        return RECEIVER.in_(language)
    if name != "path":
        return spoken.one_line(bed.devices.get(what) or what, NAME_LIMIT)
    return part_words(part, language, NAME_LIMIT)
