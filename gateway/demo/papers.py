"""Writes what the home and the station need to know of each other and of their people: two TOML files and secrets.

The home's file is made from the simulation's own description of what is fitted, as an installer would write it. Nobody
in it exists. No limit is set: home time runs faster in the demo, the watch does not.
"""

from __future__ import annotations

import json
import secrets
import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.web.session import hash_password

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

HOME, PREFIX = "demo-home", "shouwang-station/v1"
STATION = "幸福里社区养老服务驿站（演示）"
RESIDENT = "陈桂芬"
VIEWER, COLLEAGUE = "李晓", "周宁"
"""On duty at the station: whoever watches the demo may be the first; the second is played by the demo."""

VOICE = "voice_living"
"""What speaks to her at home."""

_ROOM_KINDS = {"living": "living_room"}
"""Where the simulation's word for a room is not the configuration's."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike."""


def _password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Free ports of 127.0.0.1."""

    broker: int
    home: int
    station: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Passwords and tokens, new for each run."""

    page: str = field(default_factory=_password)
    viewer: str = field(default_factory=_password)
    colleague: str = field(default_factory=_password)
    token: str = field(default_factory=lambda: secrets.token_hex(32))
    seal: str = field(default_factory=lambda: secrets.token_hex(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Everything that is written before the processes start.

    Args:
        folder: where it is written.
        ports, keys: see there.
    """

    folder: Path
    ports: Ports
    keys: Keys

    @property
    def home(self) -> Path:
        """The home's settings."""
        return self.folder / "home.toml"

    @property
    def station(self) -> Path:
        """The station's settings."""
        return self.folder / "station.toml"

    @property
    def clock(self) -> Path:
        """The simulated home's clock."""
        return self.folder / "clock.json"

    def write(self, fitted: dict[str, Any]) -> None:
        """Write both files and the secrets that they refer to.

        Args:
            fitted: what `python -m firmware_sim --describe` says.
        """
        named = {"seal": self.keys.seal, "token": self.keys.token, "page-hash": hash_password(self.keys.page)}
        for name, secret in named.items():
            (self.folder / name).write_text(secret, encoding="utf-8")
        self.home.write_text(_toml(_home(self, fitted)), encoding="utf-8")
        self.station.write_text(_toml(_station(self)), encoding="utf-8")

    def secret(self, name: str) -> dict[str, str]:
        """Refer to a secret by its file."""
        return {"file": str(self.folder / name)}


def free_ports() -> Ports:
    """Find three free ports."""
    with ExitStack() as held:  # all three at once, or one might be given twice
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        broker, home, station = (int(each.getsockname()[1]) for each in sockets)
    return Ports(broker=broker, home=home, station=station)


def _home(papers: Papers, fitted: dict[str, Any]) -> dict[str, Any]:
    return {
        "home": {"id": HOME, "timezone": fitted["timezone"], "region": "inner_mongolia"},
        "bed": {
            "code": "DEMO-000001",
            "address": "呼和浩特市赛罕区幸福里小区 3 号楼 2 单元 402（虚构）",
            "how_to_enter": "钥匙在对门 401 王阿姨处；单元门密码问驿站值班员",
        },
        "resident": {
            "name": RESIDENT,
            "birth_year": 1943,
            "ability_level": 1,
            "illnesses": ["高血压", "左膝关节炎"],
            "contacts": [{"name": "陈洁", "relation": "女儿"}, {"name": "王桂兰", "relation": "邻居，有钥匙"}],
        },
        "rooms": [{**room, "kind": _ROOM_KINDS.get(room["kind"], room["kind"])} for room in fitted["rooms"]],
        "devices": [_device(device, fitted["dialect"]) for device in fitted["devices"]],
        "broker": {"port": papers.ports.broker},
        "station": {
            "host": "127.0.0.1",
            "port": papers.ports.broker,
            "tls": False,
            "secret": papers.secret("seal"),
            "prefix": PREFIX,
        },
        "store": {"path": str(papers.folder / "home.db")},
        "annunciator": {"device": VOICE},
        "api": {
            "port": papers.ports.home,
            "password_hash": papers.secret("page-hash"),
            "token": papers.secret("token"),
        },
        "clock": {"file": str(papers.clock)},
    }


def _device(device: dict[str, Any], dialect: str) -> dict[str, Any]:
    kept = ("id", "role", "room", "model", "mains", "report_interval_s", "name")
    return {"dialect": dialect} | {name: device[name] for name in kept}


def _station(papers: Papers) -> dict[str, Any]:
    keys = papers.keys
    return {
        "name": STATION,
        "store": str(papers.folder / "station.db"),
        "broker": {"port": papers.ports.broker, "prefix": PREFIX},
        "http": {"port": papers.ports.station},
        "homes": {HOME: {"secret": papers.secret("seal"), "bed_code": "DEMO-000001", "name": RESIDENT}},
        "staff": {VIEWER: hash_password(keys.viewer), COLLEAGUE: hash_password(keys.colleague)},
    }


def _toml(tables: Mapping[str, Any]) -> str:
    """Write plain values as TOML: strings, numbers and lists are the same as in JSON."""
    return "".join(f"{_quoted(name)} = {_value(value)}\n" for name, value in tables.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_quoted(name)} = {_value(each)}' for name, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(_each(value))}]"
    return _quoted(value)


def _each(values: Iterable[object]) -> Iterable[str]:
    return (_value(value) for value in values)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
