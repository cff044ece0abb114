"""The home's model: the bed, the person, the rooms and the devices, as the installer writes them."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from config import regions
from config.faults import Allowed
from config.section import Section
from config.values import (  # noqa: TC001 (pydantic resolves annotations when the classes are made)
    Dialect,
    Id,
    IntervalS,
    OptionalText,
    Role,
    RoomKind,
    Switch,
    Text,
    Timezone,
    TopicName,
)


def _known_region(region: str) -> str:
    if region not in regions.IDS:
        raise ValueError("no such region")
    return region


Region = Annotated[
    str,
    AfterValidator(_known_region),
    Field(json_schema_extra={"enum": list(regions.IDS)}),
    Allowed("下列之一：" + "、".join(regions.IDS), "one of: " + ", ".join(regions.IDS)),
]


class HomeSettings(Section):
    """[home] 住户."""

    id: Id
    """住户编号，全站唯一；用于与驿站通信的主题 / this home's id, unique in the station; part of MQTT topics"""
    timezone: Timezone = Field(default=ZoneInfo("Asia/Shanghai"))
    """时区 / time zone"""
    region: Region = "default"
    """地区，决定养老服务热线 / region: decides which elder-service hotline is shown"""


class Bed(Section):
    """[bed] 家庭照护床位."""

    code: Text
    """床位码 / bed code"""
    address: Text
    """住址，读给出警的人听 / address, as read out to whoever comes"""
    how_to_enter: Text
    """如何进门：钥匙在哪、门禁密码问谁 / how to get in: who has the key, who knows the gate"""
    remote: Switch = False
    """偏远地区：上门时限按 arrival_remote_s / far away: arrival_remote_s is the time in which somebody must arrive"""


class Contact(Section):
    """[[resident.contacts]] 联系人."""

    name: Text
    """姓名 / name"""
    relation: OptionalText = ""
    """与老人的关系 / relation to the resident"""
    phone: OptionalText = ""
    """电话，加引号 / telephone, in quotes"""


class Resident(Section):
    """[resident] 老人."""

    name: Text
    """姓名 / name"""
    birth_year: Annotated[int, Field(ge=1900, le=2020), Allowed("1900–2020 的年份", "a year from 1900 to 2020")]
    """出生年 / year of birth"""
    ability_level: Annotated[
        int,
        Field(ge=0, le=4),
        Allowed(
            "0（能力完好）到 4（完全失能）的整数，见 GB/T 42195",
            "a whole number from 0 (intact) to 4 (complete loss), GB/T 42195",
        ),
    ]
    """老年人能力等级 GB/T 42195：0 完好，1 轻度，2 中度，3 重度，4 完全失能 / ability level, 0 to 4"""
    illnesses: Annotated[tuple[Text, ...], Field(strict=False), Allowed("病史文字的列表", "a list of texts")] = ()
    """病史，急救人员需要知道的 / illnesses that an ambulance crew must know of"""
    phone: OptionalText = ""
    """老人电话，加引号 / the resident's telephone, in quotes"""
    contacts: Annotated[
        tuple[Contact, ...], Field(strict=False), Allowed("[[resident.contacts]] 表", "[[resident.contacts]] tables")
    ] = ()
    """联系人 / contacts"""


class Room(Section):
    """[[rooms]] 房间."""

    id: Id
    """房间编号 / the room's id, used by devices"""
    name: Text
    """房间名称，如“卫生间” / the room's name as people say it"""
    kind: RoomKind
    """房间类型 / what kind of room"""


class Device(Section):
    """[[devices]] 设备."""

    id: TopicName
    """设备编号：Zigbee2MQTT 中的名称，或自制设备的设备号 / friendly name in Zigbee2MQTT, or the native device id"""
    dialect: Dialect
    """设备说哪种话 / which dialect it speaks"""
    role: Role
    """在这个家里的用途 / what it is for in this home"""
    name: Text
    """设备名称，如“卫生间跌倒雷达” / what people call it"""
    room: OptionalText = ""
    """所在房间的编号；随身设备留空 / the id of its room; leave out for worn devices"""
    model: OptionalText = ""
    """型号 / model"""
    mains: Switch = False
    """是否接电源 / powered from the wall"""
    report_interval_s: IntervalS | None = None
    """最长多少秒必有一次消息；只在有事时说话的设备不写 / longest rightful silence in seconds; leave out if it
    speaks only when something happens"""


class Zigbee2mqtt(Section):
    """[zigbee2mqtt] Zigbee2MQTT 网桥."""

    base_topic: TopicName = "zigbee2mqtt"
    """主题前缀 / base topic"""


class Native(Section):
    """[native] 自制设备."""

    base_topic: TopicName = "shouwang"
    """主题前缀 / base topic"""
