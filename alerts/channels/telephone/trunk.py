"""A trunk: an account at a carrier through which the home may call, and how baresip is told of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

REGISTER_S = 120
"""Seconds that a registration is asked for. Source: our choice: a registrar that died is known within two minutes,
at 0.01 messages a second; baresip renews at 90 %."""

_UNSAFE = re.compile(r'[\s;,"<>\\\x00-\x1f\x7f]')
"""What would end a value in baresip's account line: it has no way to quote them (tried with 1.0.0)."""


class Transport(StrEnum):
    """How SIP travels to the trunk."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class MediaEncryption(StrEnum):
    """How the voice travels, by baresip's own names."""

    NONE = ""
    OFFERED = "srtp"  # encrypted if the trunk can, otherwise in clear
    REQUIRED = "srtp-mand"  # encrypted or not at all


class AccountRefused(Exception):
    """A trunk whose user name, password or domain baresip cannot be told; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """One account at a carrier.

    Args:
        name: for logs and people.
        host: of the carrier's SIP server; without brackets if IPv6.
        port: of it.
        transport: see `Transport`.
        username: the user part of our own address, and of the digest.
        password: for digest authentication; "" for none.
        domain: the SIP domain, where it is not the host.
        registers: whether the carrier wants a registration.
        media_encryption: see `MediaEncryption`.
        ca_file: certificate authority for TLS; None for the system's.
    """

    name: str
    host: str
    port: int
    transport: Transport = Transport.UDP
    username: str
    password: str = field(default="", repr=False)
    domain: str = ""
    registers: bool = True
    media_encryption: MediaEncryption = MediaEncryption.NONE
    ca_file: Path | None = None

    @property
    def place(self) -> str:
        """Host and port as a SIP address has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def own_place(self) -> str:
        """What stands behind the "@" of our own and of called addresses."""
        return self.domain or self.place

    @property
    def address(self) -> str:
        """Our own address of record; baresip names the account by it."""
        return f"sip:{self.username}@{self.own_place}"


def account_of(trunk: Trunk, *, next_hop: str = "") -> str:
    """Give baresip's account line.

    Args:
        trunk: of which.
        next_hop: "host:port" of a TCP port that leads to the trunk's server; "" to go there directly.

    Raises:
        AccountRefused: a value holds a character that baresip cannot be told.
    """
    for name, value in (("username", trunk.username), ("password", trunk.password), ("domain", trunk.domain)):
        if _UNSAFE.search(value):
            raise AccountRefused(f'the {name} holds a blank or one of ; , " < > \\, which baresip cannot take')
    transport = Transport.TCP if next_hop else trunk.transport
    parts = [
        f"<{trunk.address};transport={transport}>",
        f"regint={REGISTER_S if trunk.registers else 0}",
        "answermode=manual",
        "audio_codecs=PCMA,PCMU",
    ]
    if trunk.password:
        parts += [f"auth_user={trunk.username}", f"auth_pass={trunk.password}"]
    if trunk.media_encryption:
        parts.append(f"mediaenc={trunk.media_encryption}")
    if next_hop or trunk.domain:
        parts.append(f'outbound="sip:{next_hop or trunk.place};transport={transport}"')
    return ";".join(parts)


def callee(trunk: Trunk, dialled: str) -> str:
    """Give the address to call; `dialled` has passed `alerts.channels.phone_number.permitted`."""
    return f"sip:{dialled}@{trunk.own_place}"
