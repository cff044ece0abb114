"""What is written for a world before it starts: configurations, passwords, keys and certificates."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.hosts import Hosts

SECRET = "a secret of thirty-two bytes ...."
PASSWORD = "correct horse"
HOME_PASSWORD = "battery staple"
HOME = "home-1"
DUTY = "李护士"
TELEPHONE = "telephone"
"""The contact that is called; it takes the alert by pressing 1."""

SILENCE_S = 30
"""Every limit that may be shortened to this is: an outage is told after half a minute instead of three."""

HEARTBEAT_S = 10


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the servers of a world listen."""

    home_broker: int
    station_broker: int
    station_own: int
    console: int
    hotline: int
    operator: int
    media: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Certificates made once for all worlds: `right` and `wrong` hold ca.pem, broker.pem and broker.key."""

    right: Path
    wrong: Path
    password_hash: str


def home_toml(folder: Path, disk: Path, hosts: Hosts, ports: Ports, keys: Keys) -> Path:
    """The home: a pendant that numbers its presses, a button that does not, a smoke alarm."""
    devices = {"pendant": ("native", "sos"), "button": ("zigbee2mqtt", "sos"), "smoke": ("native", "hazard")}
    written = "".join(
        f'[[devices]]\nid = "{name}"\ndialect = "{dialect}"\nrole = "{role}"\nname = "{name}"\nroom = "living"\n'
        for name, (dialect, role) in devices.items()
    )
    path = folder / "home.toml"
    path.write_text(
        f"""
[home]
id = "{HOME}"
[bed]
code = "B-1"
address = "测试路 1 号"
how_to_enter = "敲门"
[resident]
name = "测试"
birth_year = 1940
ability_level = 1
[[rooms]]
id = "living"
name = "客厅"
kind = "living_room"
{written}
[broker]
host = "{hosts.home.address}"
port = {ports.home_broker}
[station]
host = "{hosts.station_name}"
port = {ports.station_broker}
username = "home"
password = {{ file = "{folder / "home.password"}" }}
secret = {{ file = "{folder / "home.key"}" }}
ca_file = "{keys.right / "ca.pem"}"
[[ladder]]
contact = "station"
channels = ["station"]
after_s = 0
[[ladder]]
contact = "hotline"
channels = ["webhook"]
after_s = 2
url = "http://{hosts.hotline.address}:{ports.hotline}/hook"
[[ladder]]
contact = "{TELEPHONE}"
channels = ["call"]
after_s = 4
severities = ["emergency"]
number = "test-hotline"
[[trunks]]
name = "carrier"
host = "{hosts.operator}"
port = {ports.operator}
username = "home-1"
registration = false
[store]
path = "{disk / "store.db"}"
[api]
enabled = false
[limits]
receipt_timeout_s = 2
ladder_round_s = 60
heartbeat_s = {HEARTBEAT_S}
station_silence_s = {SILENCE_S}
bridge_silence_s = {SILENCE_S}
""",
        "utf-8",
    )
    (folder / "home.password").write_text(HOME_PASSWORD, "utf-8")
    (folder / "home.key").write_text(SECRET, "utf-8")
    return path


def station_toml(folder: Path, disk: Path, ports: Ports, keys: Keys) -> Path:
    """The station; it reaches its own broker beside it, without TLS."""
    path = folder / "station.toml"
    path.write_text(
        f"""
name = "测试驿站"
station_silence_s = {SILENCE_S}
store = "{disk / "station.db"}"
[broker]
port = {ports.station_own}
username = "station"
password = {{ file = "{folder / "home.password"}" }}
[http]
host = "0.0.0.0"
port = {ports.console}
[homes.{HOME}]
secret = {{ file = "{folder / "home.key"}" }}
bed_code = "B-1"
name = "测试"
[staff]
"{DUTY}" = "{keys.password_hash}"
""",
        "utf-8",
    )
    return path


def home_broker_conf(folder: Path, disk: Path, hosts: Hosts, ports: Ports) -> Path:
    """The home's broker as docs/mqtt.md wants it: sessions survive."""
    lines = [f"listener {ports.home_broker} {hosts.home.address}", "allow_anonymous true"]
    return _conf(folder / "home-broker", disk, lines)


def station_broker_conf(folder: Path, disk: Path, hosts: Hosts, ports: Ports, keys: Keys) -> Path:
    """The station's: a password for all, TLS for who comes from outside."""
    where = folder / "station-broker"
    lines = [
        "allow_anonymous false",
        f"password_file {where / 'passwords'}",
        f"listener {ports.station_own} 127.0.0.1",
        f"listener {ports.station_broker} {hosts.station.address}",
        f"certfile {where / 'broker.pem'}",
        f"keyfile {where / 'broker.key'}",
    ]
    path = _conf(where, disk, lines)
    admit(folder, HOME_PASSWORD)
    present(folder, keys.right)
    return path


def admit(folder: Path, password: str) -> None:
    """Lets the station's broker know the home by this password, from its next start on."""
    path = folder / "station-broker" / "passwords"
    path.touch(mode=0o600)
    for name, word in (("home", password), ("station", HOME_PASSWORD)):
        subprocess.run(["mosquitto_passwd", "-b", str(path), name, word], check=True, capture_output=True)


def present(folder: Path, keys: Path) -> None:
    """Lets the station's broker show this certificate, from its next start on."""
    for name in ("broker.pem", "broker.key"):
        (folder / "station-broker" / name).write_bytes((keys / name).read_bytes())


def _conf(where: Path, disk: Path, lines: list[str]) -> Path:
    where.mkdir()
    kept_in, path = disk / "broker", where / "mosquitto.conf"
    kept_in.mkdir()
    kept = [
        "persistence true", f"persistence_location {kept_in}/", "autosave_on_changes true", "autosave_interval 1",
        "set_tcp_nodelay true", "max_queued_messages 0",
    ]  # fmt: skip
    kept += ["user root"] if os.geteuid() == 0 else []
    path.write_text("\n".join([*kept, *lines]) + "\n", "utf-8")
    return path


def make_keys(folder: Path, names: tuple[str, ...], password_hash: str) -> Keys:
    """Makes two authorities and a broker's certificate of each.

    Args:
        folder: where.
        names: what the certificates are for: "DNS:station.test", "IP:127.0.0.1".
        password_hash: argon2, of the person on duty.
    """
    made = [_authority(folder / name, names) for name in ("right", "wrong")]
    return Keys(right=made[0], wrong=made[1], password_hash=password_hash)


def _authority(folder: Path, names: tuple[str, ...]) -> Path:
    folder.mkdir(parents=True)

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2")
    openssl("req", *new_key, "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=station")
    (folder / "names").write_text(f"subjectAltName={','.join(names)}\n", encoding="ascii")
    openssl(
        "x509", "-req", "-in", "broker.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-out", "broker.pem", "-days", "2", "-extfile", "names",
    )  # fmt: skip
    return folder
