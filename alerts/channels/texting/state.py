"""What ModemManager says of its modems and errors, and what that means for a text message. Pure.

Theory of operation
-------------------
`chosen` finds our modem among ModemManager's objects, `obstacle` says what is in the way of sending by it, if anything,
and `obstacle_in` says the same of an error that ModemManager answered. Every obstacle has a fixed name and a sentence
that says what to do. States and errors are numbers and names of its D-Bus interface, which is stable since 1.0.
Source: ModemManager 1.20, introspection/ and include/ModemManager-{enums,errors}.h.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEM = "org.freedesktop.ModemManager1.Modem"
MESSAGING = "org.freedesktop.ModemManager1.Modem.Messaging"


class ModemState(IntEnum):
    """MMModemState."""

    FAILED = -1
    UNKNOWN = 0
    INITIALIZING = 1
    LOCKED = 2
    DISABLED = 3
    DISABLING = 4
    ENABLING = 5
    ENABLED = 6
    SEARCHING = 7
    REGISTERED = 8  # from here on it can send


class Obstacle(NamedTuple):
    """What is in the way of a text message.

    Args:
        reason: a fixed name, for counters.
        sentence: what it is and what to do.
    """

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A modem as ModemManager shows it.

    Args:
        path: its object path; another one after every restart of ModemManager.
        state: MMModemState.
        failed_reason: MMModemStateFailedReason.
        messaging: whether it can send text messages now.
    """

    path: str
    state: int
    failed_reason: int
    messaging: bool


NO_BUS = Obstacle("no_bus", "连不上 D-Bus，请检查 dbus 服务 / the D-Bus is out of reach: is its service running?")
NO_MODEM_MANAGER = Obstacle(
    "no_modem_manager",
    "ModemManager 没有运行，请安装并启动它 / ModemManager is not running: install and start it",
)
NO_MODEM = Obstacle(
    "no_modem", "没有找到上网卡，请插好，并核对 [sms] modem / no modem found: plug it in, and check [sms] modem"
)
STARTING = Obstacle("modem_starting", "上网卡正在启动，稍候自动重试 / the modem is starting: it is tried again")
NO_SIM = Obstacle(
    "no_sim", "没有 SIM 卡，或接触不良，请重新插卡 / no SIM card, or it does not sit well: insert it again"
)
SIM_LOCKED = Obstacle(
    "sim_locked", "SIM 卡要 PIN 码，请在手机上取消 PIN / the SIM card asks for its PIN: switch that off in a telephone"
)
NO_NETWORK = Obstacle(
    "no_network",
    "没有信号或没有登记上网络，请移到窗边，并查询是否欠费 / no signal or not registered: move it to a window, and ask "
    "whether the card is paid for",
)
NOT_ALLOWED = Obstacle(
    "not_allowed",
    "没有权限使用 ModemManager，请按 docs/channels.md 写 polkit 规则 / not allowed to use ModemManager: write the "
    "polkit rule of docs/channels.md",
)
NETWORK_TIMEOUT = Obstacle(
    "network_timeout", "网络没有及时接收，自动重试 / the network did not answer: it is tried again"
)
MEMORY_FULL = Obstacle(
    "memory_full",
    "卡里的短信存满了，已清理，自动重试 / the store for messages is full: it was emptied, it is tried again",
)
NO_CENTRE = Obstacle(
    "no_message_centre",
    "SIM 卡没有短信中心号码，请问运营商 / the SIM card has no message centre: ask the operator for its number",
)
MODEM_GONE = Obstacle(
    "modem_gone", "上网卡或 ModemManager 刚刚消失，自动重试 / the modem has just gone: it is tried again"
)
MODEM_FAILED = Obstacle("modem_failed", "上网卡出错，请拔下重插 / the modem has failed: unplug it and plug it in again")

_FAILED = {2: NO_SIM, 3: NO_SIM, 5: NO_SIM}
"""By MMModemStateFailedReason: SIM missing, SIM error, eSIM without profile."""

_ERRORS = {
    "SimNotInserted": NO_SIM,
    "SimFailure": NO_SIM,
    "SimWrong": NO_SIM,
    "SimPin": SIM_LOCKED,
    "SimPuk": SIM_LOCKED,
    "PhSimPin": SIM_LOCKED,
    "NoNetwork": NO_NETWORK,
    "NetworkNotAllowed": NO_NETWORK,
    "NetworkTimeout": NETWORK_TIMEOUT,
    "ResponseTimeout": NETWORK_TIMEOUT,
    "Timeout": NETWORK_TIMEOUT,
    "MemoryFull": MEMORY_FULL,
    "SmscAddressUnknown": NO_CENTRE,
    "Unauthorized": NOT_ALLOWED,
    "AccessDenied": NOT_ALLOWED,
    "ServiceUnknown": NO_MODEM_MANAGER,
    "NameHasNoOwner": NO_MODEM_MANAGER,
    "NoReply": MODEM_GONE,
    "UnknownObject": MODEM_GONE,
    "UnknownMethod": MODEM_GONE,
    "NotFound": MODEM_GONE,
}
"""By the last word of the error's name; whether the modem, the message service or the bus said it is all the same."""


def chosen(objects: Mapping[str, Mapping[str, Mapping[str, Any]]], wanted: str) -> Seen | None:
    """Find our modem.

    Args:
        objects: what ModemManager manages.
        wanted: its IMEI or its device identifier; "" for the first one.
    """
    for path, interfaces in sorted(objects.items()):
        modem = interfaces.get(MODEM)
        if modem is None:
            continue
        if not wanted or wanted in {modem.get("EquipmentIdentifier"), modem.get("DeviceIdentifier")}:
            return Seen(
                path=path,
                state=int(modem.get("State", ModemState.UNKNOWN)),
                failed_reason=int(modem.get("StateFailedReason", 0)),
                messaging=MESSAGING in interfaces,
            )
    return None


def obstacle(seen: Seen | None) -> Obstacle | None:
    """Say what is in the way of sending by a modem; None for nothing."""
    if seen is None:
        return NO_MODEM
    if seen.state == ModemState.FAILED:
        return _FAILED.get(seen.failed_reason, MODEM_FAILED)
    if seen.state == ModemState.LOCKED:
        return SIM_LOCKED
    if seen.state < ModemState.ENABLED:
        return STARTING
    if seen.state < ModemState.REGISTERED or not seen.messaging:
        return NO_NETWORK
    return None


def obstacle_in(error_name: str, text: str) -> Obstacle:
    """Say what an error of ModemManager's means.

    Args:
        error_name: such as "org.freedesktop.ModemManager1.Error.Message.NoNetwork".
        text: its own words, told where the name is not known.
    """
    known = _ERRORS.get(error_name.rpartition(".")[2])
    return known or Obstacle("modem_refused", f"上网卡拒绝发送 / the modem refused to send: {text or error_name}")
