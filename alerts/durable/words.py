"""What became of a store, for people: the fixed words of a trouble's detail, told in a sentence."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from alerts import spoken
from alerts.durable.damage import SENTENCES, Condition, Words

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from alerts.spoken import Language

NO_BACKUP = "no_backup"
"""Before a condition: the backup is what cannot be written."""

_BACKUP_FAILS = Words("做不了备份", "no backup can be made")
_BECAME = {
    "whole": Words("告警已全部从原文件取回", "every alert was read back from it"),
    "partly": Words("能读的已经取回，可能有缺", "what could be read was read back; some may be missing"),
    "anew": Words("没有备份，从头开始，以前的记录丢失", "there was no backup: it began anew, earlier records are lost"),
}
_BECAME_WITH_BACKUP = {
    "partly": Words(
        "能读的已经取回，其余用{at} 的备份补上，那以后的可能有缺",
        "what could be read was read back, the rest is from the backup of {at}; later records may be missing",
    ),
    "backup": Words(
        "已用{at} 的备份恢复，那以后的记录丢失", "restored from the backup of {at}; records since then are lost"
    ),
}


def told(detail: str, language: Language, timezone: ZoneInfo, *, seen_from: datetime) -> str:
    """Put a detail into words.

    Args:
        detail: a condition; or a condition, how the store was mended, and the backup's time if one was used; or
            "no_backup" and a condition.
        language: "zh" or "en".
        timezone: the home's.
        seen_from: the moment from which times are told.

    Returns:
        The sentence; "" when it is none of these.
    """
    first, *rest = detail.split(" ") if detail else [""]
    if first == NO_BACKUP and rest:
        return _joined(_BACKUP_FAILS, _condition(rest[0]), language)
    condition = _condition(first)
    if condition is None:
        return ""
    if not rest:
        return _in(condition, language)
    at = _moment(rest[1]) if len(rest) > 1 else None
    became = _BECAME.get(rest[0]) if at is None else _BECAME_WITH_BACKUP.get(rest[0])
    sentence = _joined(condition, became, language)
    return sentence if at is None else sentence.format(at=spoken.moment(at, language, timezone, seen_from=seen_from))


def _joined(first: Words, then: Words | None, language: Language) -> str:
    mark = "；" if language == "zh" else "; "
    return mark.join(_in(words, language) for words in (first, then) if words is not None)


def _in(words: Words, language: Language) -> str:
    return words.zh if language == "zh" else words.en


def _condition(word: str) -> Words | None:
    return SENTENCES[Condition(word)] if word in set(Condition) else None


def _moment(word: str) -> datetime | None:
    try:
        return datetime.fromisoformat(word)
    except ValueError:
        return None
