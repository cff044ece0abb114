"""Checks that concern more than one key of the file.

They look at the file's plain tables, not at the finished settings: so they also run when single keys are wrong, and
the installer learns of everything at once. A value of the wrong type is somebody else's fault to report: skipped here.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from config import annunciator, modem, power
from config.faults import MISSING, Allowed, Fault, quoted, shown
from config.telephone_checks import telephone_checks
from config.values import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

Table: TypeAlias = dict[str, Any]

CENTRES = ("scaip", "dc09")
"""The channels that have a section of their own name."""
NATIVE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
"""Source: docs/mqtt.md, section 1.1."""
DIALLED = frozenset({"call", "sms"})
"""The channels that reach a telephone number."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def crosschecks(data: Table) -> Iterator[Fault]:
    """Everything that is wrong between keys.

    Args:
        data: the file's tables with the environment laid over them and the limits filled in.
    """
    yield from _repeated(data, "rooms", "id")
    yield from _repeated(data, "devices", "id")
    yield from _rooms_of_devices(data)
    yield from _ids_of_devices(data)
    yield from _users_of_passwords(data)
    yield from _spare_path(data)
    yield from _ladder(data)
    yield from _repeated(data, "trunks", "name")
    rungs = [(entry_key("ladder", n, rung), rung) for n, rung in tables(data, "ladder")]
    yield from telephone_checks(data, rungs)
    yield from modem.checks(data, rungs)
    yield from _open_page(data)
    yield from _floor(data)
    yield from power.checks(data)
    yield from annunciator.checks(data)


def tables(data: Table, section: str) -> list[tuple[int, Table]]:
    """The section's entries that are tables, with their place in the list."""
    entries = data.get(section)
    return [(n, e) for n, e in enumerate(entries) if isinstance(e, dict)] if isinstance(entries, list) else []


def bridge_id(data: Table) -> str:
    """What the Zigbee2MQTT bridge is called among the devices: its base topic and `/bridge`."""
    table = data.get("zigbee2mqtt")
    base = table.get("base_topic") if isinstance(table, dict) else None
    return f"{base if isinstance(base, str) else 'zigbee2mqtt'}/bridge"


def entry_key(section: str, place: int, entry: object) -> str:
    """An entry of a list as an installer finds it again: by its own name, or by counting from 1."""
    name = entry.get("id", entry.get("contact")) if isinstance(entry, dict) else None
    return f"{section}[{quoted(name)}]" if isinstance(name, str) and name else f"{section}[#{place + 1}]"


def _repeated(data: Table, section: str, field: str) -> Iterator[Fault]:
    names = [(n, e.get(field)) for n, e in tables(data, section)]
    counts = Counter(name for _, name in names if isinstance(name, str))
    seen: set[str] = set()
    for place, name in names:
        if isinstance(name, str) and counts[name] > 1 and name in seen:
            allowed = Allowed("前面没有用过的名称", "a name that no earlier entry has")
            yield Fault(key=f"{section}[#{place + 1}].{field}", found=shown(name), allowed=str(allowed))
        elif isinstance(name, str):
            seen.add(name)


def _rooms_of_devices(data: Table) -> Iterator[Fault]:
    rooms = [r["id"] for _, r in tables(data, "rooms") if isinstance(r.get("id"), str)]
    allowed = Allowed("[[rooms]] 中的编号：" + "、".join(rooms), "the id of one of [[rooms]]: " + ", ".join(rooms))
    for place, device in tables(data, "devices"):
        room = device.get("room", "")
        if isinstance(room, str) and room and room not in rooms:
            key = f"{entry_key('devices', place, device)}.room"
            yield Fault(key=key, found=shown(room), allowed=str(allowed))


def _ids_of_devices(data: Table) -> Iterator[Fault]:
    bridge = bridge_id(data)
    for place, device in tables(data, "devices"):
        name, dialect = device.get("id"), device.get("dialect")
        allowed = None
        if not isinstance(name, str):
            continue
        if dialect == "native" and not NATIVE_ID.match(name):
            allowed = Allowed("1–64 个字母、数字、.、_ 或 -", "1 to 64 letters, digits, ., _ or -")
        if dialect == "zigbee2mqtt" and device.get("role") == "bridge" and name != bridge:
            allowed = Allowed(f'网桥的编号是 "{bridge}"', f'"{bridge}", which is what the bridge is called')
        if allowed:
            yield Fault(key=f"devices[#{place + 1}].id", found=shown(name), allowed=str(allowed))


def _users_of_passwords(data: Table) -> Iterator[Fault]:
    for section in ("broker", "station"):
        table = data.get(section)
        if isinstance(table, dict) and "password" in table and "username" not in table:
            allowed = Allowed("有 password 时必须写用户名", "a user name, since there is a password")
            yield Fault(key=f"{section}.username", found=MISSING, allowed=str(allowed))


def _spare_path(data: Table) -> Iterator[Fault]:
    station = data.get("station")
    spare = station.get("spare") if isinstance(station, dict) else None
    if isinstance(spare, dict) and not spare:
        allowed = Allowed(
            "至少写 host、port、interface、address 中的一项，否则与主通道是同一条线",
            "at least one of host, port, interface, address: else it is the main path once more",
        )
        yield Fault(key="station.spare", found=MISSING, allowed=str(allowed))


def _ladder(data: Table) -> Iterator[Fault]:
    rungs = tables(data, "ladder")
    if not rungs:
        allowed = Allowed(
            "至少一级 [[ladder]]，或写 [station]（即由驿站接警）", "at least one [[ladder]], or a [station] to tell"
        )
        yield Fault(key="ladder", found=MISSING, allowed=str(allowed))
        return
    yield from _repeated(data, "ladder", "contact")
    for place, rung in rungs:
        yield from _rung(entry_key("ladder", place, rung), rung, has_station="station" in data)
        yield from _centres(entry_key("ladder", place, rung), rung, data)
    yield from _somebody_is_told([rung for _, rung in rungs])


def _somebody_is_told(rungs: list[Table]) -> Iterator[Fault]:
    rungs = [rung for rung in rungs if rung.get("gentle") is not True]
    at_once = [rung for rung in rungs if rung.get("after_s") == 0 and _serves(rung, "emergency")]
    if not at_once:
        waits = [shown(rung.get("after_s")) for rung in rungs if _serves(rung, "emergency")]
        allowed = Allowed("紧急告警至少有一级 after_s = 0", "for emergencies, at least one rung with after_s = 0")
        yield Fault(key="ladder.after_s", found=", ".join(waits) or MISSING, allowed=str(allowed))
    untold = [severity for severity in SEVERITIES if not any(_serves(rung, severity) for rung in rungs)]
    if untold:
        words = ", ".join(untold)
        allowed = Allowed(f"{words} 也要有一级通知到人", f"a rung for {words} too: somebody must be told")
        yield Fault(key="ladder.severities", found=MISSING, allowed=str(allowed))


def _serves(rung: Table, severity: str) -> bool:
    written = rung.get("severities", SEVERITIES)
    if not isinstance(written, list | tuple) or not written or any(word not in SEVERITIES for word in written):
        return True  # the words themselves are at fault, and told as such
    return severity in written


def _rung(key: str, rung: Table, *, has_station: bool) -> Iterator[Fault]:
    channels = rung.get("channels")
    if not isinstance(channels, list | tuple):
        return
    if "station" in channels and not has_station:
        allowed = Allowed("先写 [station]，或改用 webhook", "a [station] section, or the channel webhook")
        yield Fault(key=f"{key}.channels", found=shown("station"), allowed=str(allowed))
    if "webhook" in channels and "url" not in rung:
        allowed = Allowed("webhook 的 http(s) 地址", "the webhook's http(s) address")
        yield Fault(key=f"{key}.url", found=MISSING, allowed=str(allowed))
    for field in ("url", "token"):
        if "webhook" not in channels and field in rung:
            allowed = Allowed("只有 webhook 才写；驿站的写在 [station]", "only with the channel webhook")
            yield Fault(key=f"{key}.{field}", found="有 / something", allowed=str(allowed))
    if "number" in rung and not DIALLED.intersection(channels):
        allowed = Allowed("只有 call、sms 才写", "only with the channels call and sms")
        yield Fault(key=f"{key}.number", found="有 / something", allowed=str(allowed))


def _centres(key: str, rung: Table, data: Table) -> Iterator[Fault]:
    channels = rung.get("channels")
    for name in CENTRES:
        if isinstance(channels, list | tuple) and name in channels and name not in data:
            allowed = Allowed(f"先写 [{name}]", f"a [{name}] section that says which centre")
            yield Fault(key=f"{key}.channels", found=shown(name), allowed=str(allowed))


def _open_page(data: Table) -> Iterator[Fault]:
    api = data.get("api")
    if not isinstance(api, dict) or api.get("enabled", True) is False or "password_hash" in api:
        return
    host = api.get("host", "127.0.0.1")
    if isinstance(host, str) and host not in LOOPBACK:
        allowed = Allowed(
            f"{host} 别的电脑也能打开，必须设登录密码", f"a login password, since others can reach {host}"
        )
        yield Fault(key="api.password_hash", found=MISSING, allowed=str(allowed))


def _floor(data: Table) -> Iterator[Fault]:
    limits = data.get("limits")
    floor = limits.get("inactivity_floor_s") if isinstance(limits, dict) else None
    if not isinstance(limits, dict) or not _number(floor):
        return
    for key in ("inactivity_day_s", "inactivity_night_s"):
        if _number(limits.get(key)) and floor < limits[key]:
            allowed = Allowed(f"不超过 inactivity_floor_s（{floor}）", f"at most inactivity_floor_s, which is {floor}")
            yield Fault(key=f"limits.{key}", found=shown(limits[key]), allowed=str(allowed))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
