"""A station on a host of its own, reached by two lines whose bytes the kernel counts; root only.

The host is a network namespace, each line a veth pair. The station's broker has one address, to which both lines lead;
the kernel prefers the main one, so that only what is bound to the spare interface leaves by it, as in a home with
Ethernet and LTE. Addresses are out of 203.0.113.0/24 (RFC 5737), routed nowhere. Counted are IP packets as the kernel
handed them to the interface, with their TCP and IP headers and without the Ethernet header that LTE does not have.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import harness
from argon2 import PasswordHasher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ETHERNET = 14
START_S = 30.0
STATION = "203.0.113.9"
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of a home that does not exist


class Counted(NamedTuple):
    """What has passed a line, both ways."""

    bytes: int
    packets: int


@dataclass(frozen=True)
class Line:
    """One line."""

    name: str
    near: str
    far: str
    host: str

    def counted(self) -> Counted:
        """Give what has passed so far."""
        told = json.loads(_run("ip", "-s", "-j", "link", "show", "dev", self.near))[0]["stats64"]
        packets = told["rx"]["packets"] + told["tx"]["packets"]
        return Counted(told["rx"]["bytes"] + told["tx"]["bytes"] - ETHERNET * packets, packets)

    def block(self, how: str) -> None:
        """Break the line: "DROP" loses everything without a word, "REJECT" resets every connection."""
        more = ("-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset") if how == "REJECT" else ("-j", "DROP")
        self._rule("-I", *more)

    def mend(self) -> None:
        """Take every rule away."""
        _run("ip", "netns", "exec", self.host, "iptables", "-F", "INPUT")
        _run("ip", "netns", "exec", self.host, "iptables", "-F", "OUTPUT")

    def _rule(self, act: str, *more: str) -> None:
        rules = (("INPUT", "-i"), ("OUTPUT", "-o")) if "DROP" in more else (("INPUT", "-i"),)
        for chain, side in rules:
            _run("ip", "netns", "exec", self.host, "iptables", act, chain, side, self.far, *more)


def why_not() -> str:
    """Say why this machine allows none of it; "" when it does."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    with contextlib.suppress(OSError, subprocess.CalledProcessError), lines():
        return ""
    return "network namespaces, veth pairs and iptables are needed"


@contextlib.contextmanager
def lines() -> Iterator[tuple[Line, Line]]:
    """Give the main and the spare line; gone afterwards."""
    host = f"swp-{os.getpid()}"
    _run("ip", "netns", "add", host)
    try:
        _inside(host, "ip", "addr", "add", f"{STATION}/32", "dev", "lo")
        _inside(host, "ip", "link", "set", "lo", "up")
        yield _line(host, "main", 0, 10), _line(host, "lte", 4, 100)
    finally:
        _run("ip", "netns", "del", host)


@contextlib.contextmanager
def station(host: str, where: Path) -> Iterator[None]:
    """Run the station and its broker on that host, with TLS, as a real one has it."""
    _certificates(where)
    broker = where / "station-broker.conf"
    broker.write_text(
        f"listener 8883 {STATION}\ncertfile {where}/broker.pem\nkeyfile {where}/broker.key\nlistener 1883 127.0.0.1\n"
        f"allow_anonymous true\nset_tcp_nodelay true\npersistence false\nuser root\n"
    )
    (where / "home.key").write_text(SECRET)
    hashed = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("bench")
    settings = where / "station.toml"
    settings.write_text(
        f'store = "{where}/station.db"\n[homes.bench]\nsecret = {{ file = "{where}/home.key" }}\n'
        f'[staff]\n"bench" = "{hashed}"\n'
    )
    inside = ["ip", "netns", "exec", host]
    own = [*inside, sys.executable, "-m", "alerts.station", "--config", str(settings)]
    with (
        harness.process([*inside, "mosquitto", "-c", str(broker)], where / "station-broker.log"),
        harness.process(own, where / "station.log"),
    ):
        _until_connected(where / "station.log")
        yield


def _until_connected(log: Path) -> None:
    give_up = time.monotonic() + START_S
    while "broker: connected" not in log.read_text():
        if time.monotonic() > give_up:
            raise TimeoutError(log.read_text()[-2000:])
        time.sleep(0.05)


def _line(host: str, name: str, place: int, metric: int) -> Line:
    near, far = f"sw{name[0]}{os.getpid()}n", f"sw{name[0]}{os.getpid()}f"
    ours, theirs = f"203.0.113.{place + 17}", f"203.0.113.{place + 18}"
    _run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", host)
    for inside, device, address in (((), near, ours), (("ip", "netns", "exec", host), far, theirs)):
        _run(*inside, "sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=1")
        _run(*inside, "ip", "addr", "add", f"{address}/30", "dev", device)
        _run(*inside, "ip", "link", "set", device, "gso_max_segs", "1", "up")
    _run("ip", "route", "add", f"{STATION}/32", "via", theirs, "metric", str(metric))
    return Line(name, near, far, host)


def _certificates(where: Path) -> None:
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _run("openssl", "req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Bench", cwd=where)
    _run("openssl", "req", *new, "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=station", cwd=where)
    (where / "names").write_text(f"subjectAltName=IP:{STATION}\n")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
    _run("openssl", "x509", "-req", "-in", "broker.csr", *signing, "-out", "broker.pem", cwd=where)


def _inside(host: str, *command: str) -> None:
    _run("ip", "netns", "exec", host, *command)


def _run(*command: str, cwd: Path | None = None) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd).stdout
