"""The parts of the gateway, as people hear of them when they are in trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import spoken
from alerts.occurrence import Words

if TYPE_CHECKING:
    from alerts.spoken import Language

PARTS = {
    "disk": Words("数据写不进存储卡", "data cannot be written to the card"),
    "fall-model": Words(
        "跌倒模型坏了，佩戴式传感器的跌倒判断不了", "the fall model is damaged: worn sensors' falls cannot be judged"
    ),
    "clock": Words("时钟不准", "the clock cannot be trusted"),
    "store": Words("存数据的文件出了问题，请看下面一行", "the file that keeps its data was in trouble: see below"),
    "uplink": Words(
        "通往驿站的主通道断了，现在走备用通道", "the main path to the station is cut; the spare one is in use"
    ),
    "uplink-spare": Words("通往驿站的备用通道断了", "the spare path to the station is cut"),
    "station": Words("通往驿站的线路断了，驿站收不到告警", "the line to the station is cut: no alert can reach it"),
    "mains": Words("停电了，正在用电池", "the mains have failed; it runs on its battery"),
    "ups": Words(
        "不间断电源没有消息，停电了也不会知道",
        "the battery supply cannot be reached: a loss of the mains would go unnoticed",
    ),
    "ups-driver": Words(
        "不间断电源的驱动程序停了，停电了也不会知道",
        "the battery supply's driver has stopped: a loss of the mains would go unnoticed",
    ),
    "ups-stale": Words(
        "不间断电源不再更新状态，请检查它的数据线",
        "the battery supply says nothing new: its data cable should be looked at",
    ),
    "ups-refused": Words(
        "不间断电源的服务拒绝了守望，请检查名称和密码",
        "the battery supply's server refuses us: its name and password should be checked",
    ),
    "ups-garbled": Words("不间断电源的回答看不懂", "what the battery supply answers makes no sense"),
    "ups-battery": Words(
        "不间断电源的电池该换了，再停电可能撑不住",
        "the supply's battery must be replaced: it may not last through the next power cut",
    ),
    "player": Words("家里的音箱放不出声音，老人听不到答复", "the home's loudspeaker is mute: no answer is heard there"),
    "annunciator": Words(
        "家里的播报器没有回应，老人听不到答复", "the home's annunciator does not answer: nothing is heard there"
    ),
    "telephone": Words("打不出电话", "no telephone call can be made"),
    "modem": Words("发不出短信", "no text message can be sent"),
    "scaip": Words("SCAIP 接警中心不应答或拒收", "the SCAIP alarm centre does not answer or refuses"),
    "dc09": Words("DC-09 接警中心不应答或拒收", "the DC-09 alarm centre does not answer or refuses"),
}
"""A part of the gateway in trouble, in words; any other part goes by its own name."""

CONTACT = "contact "
"""What the name of a part begins with that is a contact; the contact's name follows."""

UNREACHABLE = Words("每天的线路测试联系不上“{name}”", "the daily test of the paths cannot reach “{name}”")
"""The same in words."""


def part_words(part: str, language: Language, limit: int) -> str:
    """A part in trouble, in words.

    Args:
        part: its short name, such as "disk"; "contact " and a name for a contact.
        language: "zh" or "en".
        limit: characters of a name that is written by people.
    """
    if part.startswith(CONTACT):
        return UNREACHABLE.in_(language).format(name=spoken.one_line(part.removeprefix(CONTACT), limit))
    return PARTS[part].in_(language) if part in PARTS else spoken.one_line(part, limit)
