"""Hosts as network namespaces of Linux, joined by a wire of ours. Only root may make them.

Addresses are out of 198.18.0.0/15, which is for testing networks (RFC 2544, appendix C.2.2) and routed nowhere. The
harness itself is a fourth host: sensors and people reach their machines by a line of their own, which nothing breaks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.faults.hosts import STATION_NAME, Host, Hosts
from tests.faults.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("home", "station", "hotline")
HARNESS = "harness"
FIRST = IPv4Address("198.18.0.0")
BLOCK = 16
"""Addresses of one world. There are 8,192 such blocks: 32 for each of 256 processes."""
WORLDS = 32

OPERATOR = IPv4Address("203.0.113.1")
"""A second address of the hotline, in every world the same: test numbers are dialled only at such (RFC 5737)."""

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
"""Source: linux/if_tun.h."""

NOWHERE = "nameserver 192.0.2.1\noptions timeout:2 attempts:1\n"
"""A name server that never answers (RFC 5737)."""

ETC = Path("/etc/netns")
"""Files here take the place of those in /etc for what runs in the namespace of that name (ip-netns(8))."""


def why_not() -> str:
    """Says why this machine allows no namespaces; "" when it does."""
    if os.geteuid() != 0:
        return "只有 root 能建网络命名空间 / only root may make network namespaces"
    if shutil.which("ip") is None:
        return "没有 ip 命令 / ip is not installed: apt-get install iproute2"
    name = f"sw-{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
        os.close(_tun(f"sw{os.getpid()}t"))
    except (OSError, subprocess.CalledProcessError) as error:
        return f"本机不允许 / not allowed here: {error}"
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
    return ""


@contextmanager
def namespaces(number: int) -> Iterator[Hosts]:
    """Three hosts and the wire between them, which must be opened on the loop; gone afterwards.

    Args:
        number: of the world, below `WORLDS`.
    """
    block = FIRST + BLOCK * ((os.getpid() % 256) * WORLDS + number % WORLDS)
    addresses = {name: block + place for place, name in enumerate((*NAMES, HARNESS), start=1)}
    with ExitStack() as stack:
        ends = {name: _host(stack, name, number, addresses[name]) for name in NAMES}
        ends[HARNESS] = _device(HARNESS, number, addresses[HARNESS], namespace="")
        hotline = ("-n", _namespace("hotline", number))
        _ip(*hotline, "addr", "add", f"{OPERATOR}/32", "dev", _interface("hotline", number))
        places = {address.packed: name for name, address in addresses.items()} | {OPERATOR.packed: "hotline"}
        wire = Wire(ends, places, Random(number))  # noqa: S311
        hosts = {
            name: Host(address=str(addresses[name]), prefix=("ip", "netns", "exec", _namespace(name, number)))
            for name in NAMES
        }
        names = ETC / _namespace("home", number) / "hosts"
        names.write_text(f"127.0.0.1 localhost\n{addresses['station']} {STATION_NAME}\n", "utf-8")
        yield Hosts(**hosts, station_name=STATION_NAME, operator=str(OPERATOR), wire=wire, names=names)


def _host(stack: ExitStack, name: str, number: int, address: IPv4Address) -> int:
    namespace = _namespace(name, number)
    etc = ETC / namespace
    etc.mkdir(parents=True)
    stack.callback(shutil.rmtree, etc)
    for file, said in (("resolv.conf", NOWHERE), ("hosts", "127.0.0.1 localhost\n")):
        (etc / file).write_text(said, "utf-8")
    _ip("netns", "add", namespace)
    stack.callback(_ip, "netns", "del", namespace)
    _ip("-n", namespace, "link", "set", "lo", "up")
    end = _device(name, number, address, namespace=namespace)
    _ip("-n", namespace, "route", "add", "default", "dev", _interface(name, number))
    return end


def _device(name: str, number: int, address: IPv4Address, *, namespace: str) -> int:
    interface = _interface(name, number)
    end = _tun(interface)
    there = ("-n", namespace) if namespace else ()
    if namespace:
        _ip("link", "set", interface, "netns", namespace)
    _ip(*there, "addr", "add", f"{address}/28", "dev", interface)
    _ip(*there, "link", "set", interface, "up")
    return end


def _tun(interface: str) -> int:
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", interface.encode(), IFF_TUN | IFF_NO_PI))
    except OSError:
        os.close(end)
        raise
    return end


def _namespace(name: str, number: int) -> str:
    return f"sw-{os.getpid()}-{number}-{name}"


def _interface(name: str, number: int) -> str:
    return f"sw{os.getpid()}{name[:2]}{number}"  # at most 15 characters


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
