"""Why a message, or a part of one, was refused: the fixed list of names, and what each means to the installer.

The names label counters and stand in stored refusals, so they are never renamed; new ones may be added.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from devices.reading import Refusal

TOPIC_SHOWN = 200
"""Characters of a refused topic that are kept."""


class Reason(StrEnum):
    """The fixed names of refusals; `MEANINGS` explains each."""

    TOO_BIG = "too_big"
    EMPTY = "empty"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    NOT_AN_OBJECT = "not_an_object"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_VALUE = "unknown_value"
    UNKNOWN_VERSION = "unknown_version"
    BAD_SEQUENCE = "bad_sequence"
    BAD_TIME = "bad_time"
    BAD_SAMPLES = "bad_samples"
    NO_FACT = "no_fact"
    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_DEVICE = "unknown_device"
    RETAINED = "retained"


class Meaning(NamedTuple):
    """One sentence for the installer's page, in both languages."""

    zh: str
    en: str


MEANINGS: dict[Reason, Meaning] = {
    Reason.TOO_BIG: Meaning("消息超过 64 KiB，未读取。", "The message is larger than 64 KiB and was not read."),
    Reason.EMPTY: Meaning("消息是空的。", "The message is empty."),
    Reason.NOT_UTF8: Meaning("消息不是 UTF-8 文本。", "The message is not UTF-8 text."),
    Reason.NOT_JSON: Meaning("消息不是完整的 JSON。", "The message is not well-formed JSON."),
    Reason.TOO_DEEP: Meaning("JSON 嵌套太深。", "The JSON is nested too deeply."),
    Reason.NOT_AN_OBJECT: Meaning(
        "消息不是 JSON 对象；Zigbee2MQTT 的 output 应设为 json。",
        "The message is not a JSON object; Zigbee2MQTT's `output` must be `json`.",
    ),
    Reason.MISSING: Meaning("缺少必需的字段。", "A field that must be there is missing."),
    Reason.WRONG_TYPE: Meaning("字段的类型不对。", "A field has the wrong type."),
    Reason.NOT_A_NUMBER: Meaning("数值是 NaN 或无穷大。", "A number is NaN or infinite."),
    Reason.OUT_OF_RANGE: Meaning("数值超出允许范围。", "A number is outside the range it can have."),
    Reason.UNKNOWN_VALUE: Meaning("字段的取值不在约定之内。", "A field has a value that is not in the contract."),
    Reason.UNKNOWN_VERSION: Meaning(
        "消息版本未知，只读取了求助、跌倒和险情。",
        "The message's version is unknown: only calls for help, falls and hazards were read.",
    ),
    Reason.BAD_SEQUENCE: Meaning(
        "重启号或序号有误，无法识别重复消息。",
        "The boot or sequence number is missing or wrong, so repeats cannot be recognised.",
    ),
    Reason.BAD_TIME: Meaning("设备时钟的时间无法使用。", "The device's own time cannot be used."),
    Reason.BAD_SAMPLES: Meaning(
        "加速度窗口无法使用：编码、长度或丢包标记不对。",
        "A window of acceleration cannot be used: its coding, its length or what it says it lost is wrong.",
    ),
    Reason.NO_FACT: Meaning("消息里没有任何事实。", "The message states no fact."),
    Reason.UNKNOWN_TOPIC: Meaning("主题不在约定之内。", "The topic is not in the contract."),
    Reason.UNKNOWN_DEVICE: Meaning("设备未在配置中登记。", "The device is not in the home's configuration."),
    Reason.RETAINED: Meaning(
        "保留消息只是旧状态，不作为新情况。", "A retained message is old state and is not taken as news."
    ),
}
"""What each reason means, Chinese and English."""


def refuse(reason: Reason, topic: str, detail: str) -> Refusal:
    """Makes a refusal whose texts can be stored and shown whatever the message held.

    Args:
        reason: which of the fixed list.
        topic: the message's topic; kept to its first 200 characters.
        detail: what was found and what to do, Chinese then English.
    """
    return Refusal(reason=reason.value, topic=_storable(topic[:TOPIC_SHOWN]), detail=_storable(detail))


def _storable(text: str) -> str:
    """Half a surrogate pair is a str that no database and no page can encode."""
    return text.encode("utf-8", "replace").decode("utf-8")
