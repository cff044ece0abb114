"""The words of the station's own alerts: what happened, and what to do about it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from alerts.durable.words import told
from alerts.station.rows import PATH_SILENT, RESTORED, SILENT, TWINS
from alerts.topics import MAIN

if TYPE_CHECKING:
    from sqlite3 import Row

Words = dict[str, dict[str, object]]


def own_words(row: Row, bed: dict[str, Any], zone: ZoneInfo) -> Words:
    """The brief of one of the station's own alerts.

    Args:
        row: of the alert.
        bed: what is known of the bed.
        zone: the station's.
    """
    at = datetime.fromisoformat(row["last_at"]).astimezone(zone)
    who, code = bed.get("resident", ""), bed.get("bed_code", "")
    named = " · ".join(part for part in (who, code or row["home"]) if part)
    told = _WORDS[row["kind"]](row, who or row["home"], at)
    told["zh"]["title"] = f"{told['zh']['title']} · {named}" if named else told["zh"]["title"]
    told["en"]["title"] = f"{told['en']['title']} · {named}" if named else told["en"]["title"]
    return told


def _silent(row: Row, who: str, at: datetime) -> Words:
    back = bool(row["recovered_at"])
    return {
        "zh": {
            "title": "守望盒失联",
            "sentence": f"{who}家的守望盒从 {at:%H:%M} 起没有消息。"
            + ("现已恢复，请确认老人平安。" if back else "这期间家里出事也报不出来。"),
            "lines": [] if back else ["先打电话问老人是否平安", "再查：电源、网络、路由器"],
        },
        "en": {
            "title": "Box silent",
            "sentence": f"The watch of {who} has said nothing since {at:%H:%M}. "
            + ("It speaks again: make sure she is well." if back else "No alarm could reach us meanwhile."),
            "lines": [] if back else ["Ring the resident first", "Then check power, network, router"],
        },
    }


def _path_silent(row: Row, who: str, at: datetime) -> Words:
    main, back = row["subject"] == MAIN, bool(row["recovered_at"])
    zh, en = ("主通道", "main path") if main else ("备用通道", "spare path")
    return {
        "zh": {
            "title": f"{zh}不通",
            "sentence": f"{who}家的守望盒从 {at:%m-%d %H:%M} 起没有从{zh}来过消息。"
            + ("现已恢复。" if back else "另一条通道还通，告警仍能送到。"),
            "lines": [] if back else ["查家里的宽带和路由器" if main else "查 4G 卡的信号、流量和余额"],
        },
        "en": {
            "title": f"{en.capitalize()} silent",
            "sentence": f"Nothing has come from the watch of {who} by its {en} since {at:%m-%d %H:%M}. "
            + ("It works again." if back else "The other path works, so alarms still arrive."),
            "lines": [] if back else ["Check broadband and router" if main else "Check the SIM: signal, data, credit"],
        },
    }


def _twins(_row: Row, who: str, at: datetime) -> Words:
    return {
        "zh": {
            "title": "两台网关用了同一身份",
            "sentence": f"{at:%H:%M} 起，有两台守望盒都自称是{who}家的，互相把对方挤下线，其中一家可能没人守望。",
            "lines": ["查是否复制过存储卡，或旧盒子又通了电", "关掉多余的一台，或给它换一份配置和密钥"],
        },
        "en": {
            "title": "Two boxes of one name",
            "sentence": f"Since {at:%H:%M} two boxes have both said to be the one of {who}. They push each other out, "
            "and one of the two homes may be unwatched.",
            "lines": ["Was a card copied, or an old box switched on?", "Switch one off, or give it its own settings"],
        },
    }


def _restored(row: Row, _who: str, at: datetime) -> Words:
    return _damaged(row["subject"], at) if row["subject"] else _put_back(at)


def _damaged(detail: str, at: datetime) -> Words:
    """What became of a damaged store, or of its backups."""
    zone = at.tzinfo if isinstance(at.tzinfo, ZoneInfo) else ZoneInfo("UTC")
    lost = " partly" in detail or " backup" in detail or " anew" in detail
    return {
        "zh": {
            "title": "驿站的数据库出了问题",
            "sentence": f"驿站的数据库：{told(detail, 'zh', zone, seen_from=at)}。",
            "lines": ["各户正在重新上报，逐条核对正在处理的告警", "存储盘可能快坏了，请检查"]
            if lost
            else ["存储盘可能快坏了，请检查"],
        },
        "en": {
            "title": "This station's store was in trouble",
            "sentence": f"This station's store: {told(detail, 'en', zone, seen_from=at)}.",
            "lines": ["The homes are telling again: go through the open alerts one by one", "Check the disk"]
            if lost
            else ["Check the disk"],
        },
    }


def _put_back(at: datetime) -> Words:
    return {
        "zh": {
            "title": "驿站的记录退回到了旧备份",
            "sentence": f"驿站的记录退回到了 {at:%m-%d %H:%M}。那以后的告警，各户正在重新上报；"
            "那以后在这里做的处置可能丢失。",
            "lines": ["逐条核对正在处理的告警", "查明是谁、为什么恢复了备份"],
        },
        "en": {
            "title": "This station was put back to an old backup",
            "sentence": f"The records of this station end at {at:%m-%d %H:%M}. The homes are telling again what "
            "happened since; what was decided here since then may be lost.",
            "lines": ["Go through the open alerts one by one", "Find out who restored the backup, and why"],
        },
    }


_WORDS = {SILENT: _silent, PATH_SILENT: _path_silent, TWINS: _twins, RESTORED: _restored}
