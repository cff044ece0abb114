"""The ladder of a home that writes none: the station, its second telephone, the family, the hotline.

Only those are on it that the file names and that a telephone or a modem can reach. Source of the times: the issue's
defaults, 60 s being the time in which 97.5 % of alarms are to be answered and 180 s that of 99 % (UK telecare,
mascot-telecare.org.uk/performance-report).
"""

from __future__ import annotations

from typing import Any, TypeAlias

Table: TypeAlias = dict[str, Any]

DUTY_S, FAMILY_S, HOTLINE_S = 60, 120, 180
WAYS = (("call", "trunks"), ("sms", "sms"))
"""A channel that dials, and the section of the file that it needs."""


def usual_ladder(data: Table) -> list[Table]:
    """The rungs for a file without `[[ladder]]`.

    Args:
        data: the file's tables with the environment laid over them; any value may still be wrong.
    """
    station = data.get("station")
    if station is None:
        return []
    ways = [channel for channel, section in WAYS if data.get(section)]
    rungs: list[Table] = [{"contact": "station", "channels": ["station"], "after_s": 0}]
    if not ways:
        return rungs
    duty = station.get("duty_phone") if isinstance(station, dict) else None
    if duty is not None:
        rungs.append({"contact": "duty", "channels": ways, "number": duty, **_people(DUTY_S)})
    rungs += [{**person, "channels": ways, **_people(FAMILY_S)} for person in _family(data)]
    if "call" in ways and _production(data):
        rungs.append({"contact": "hotline", "channels": ["call"], "after_s": HOTLINE_S, "severities": ["emergency"]})
    return rungs


def _people(after_s: int) -> Table:
    return {"after_s": after_s, "severities": ["emergency", "warning"]}


def _family(data: Table) -> list[Table]:
    resident = data.get("resident")
    contacts = resident.get("contacts") if isinstance(resident, dict) else None
    people = [person for person in contacts if isinstance(person, dict)] if isinstance(contacts, list) else []
    return [{"contact": person.get("name"), "number": person["phone"]} for person in people if person.get("phone")]


def _production(data: Table) -> bool:
    hotline = data.get("hotline")
    return isinstance(hotline, dict) and hotline.get("production") is True
