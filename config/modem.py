"""[sms]: text messages by a modem, and what is wrong between it and the ladder's rungs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from config.faults import MISSING, Allowed, Fault, shown
from config.section import Section
from config.values import Switch  # noqa: TC001 (pydantic resolves annotations when the class is made)

if TYPE_CHECKING:
    from collections.abc import Iterator

BusAddress = Annotated[
    str,
    Field(pattern=r"^$|^(unix|tcp):[^\s]{1,200}$"),
    Allowed("D-Bus 地址，如 unix:path=/run/dbus/system_bus_socket", "a D-Bus address: unix:path=…"),
]
ModemName = Annotated[
    str,
    Field(pattern=r"^[0-9A-Za-z]{0,64}$"),
    Allowed(
        "上网卡的 IMEI 或 mmcli -m 0 里的 device id；空着用第一个", "its IMEI or device id; the first modem when empty"
    ),
]


class Sms(Section):
    """[sms] 短信；经 ModemManager 由上网卡发出."""

    bus: BusAddress = ""
    """D-Bus 地址；不写即系统总线 / D-Bus address; the system's when left out"""
    modem: ModemName = ""
    """用哪个上网卡：IMEI 或 device id；不写即第一个 / which modem: IMEI or device id; the first when left out"""
    delivery_reports: Switch = True
    """运营商是否给送达报告；不给就以“网络已接收”为回执 / whether the operator reports delivery; if not, the network's
    word that it took the message is the receipt"""
    parts: Annotated[int, Field(ge=1, le=5), Allowed("1–5 的整数", "a whole number from 1 to 5")] = 3
    """一次告警最多几条短信，每条 70 字 / how many messages one alert may take, of 70 characters each"""


def checks(data: dict[str, Any], rungs: list[tuple[str, dict[str, Any]]]) -> Iterator[Fault]:
    """Everything that is wrong about text messages.

    Args:
        data: the file's tables with the environment laid over them.
        rungs: the ladder's tables, each with its key as an installer finds it.
    """
    for key, rung in rungs:
        channels = rung.get("channels")
        if isinstance(channels, list | tuple) and "sms" in channels:
            yield from _texted(key, rung, data)


def _texted(key: str, rung: dict[str, Any], data: dict[str, Any]) -> Iterator[Fault]:
    if "sms" not in data:
        allowed = Allowed("先写 [sms] 一节，或去掉 sms", "an [sms] table first, or no sms")
        yield Fault(key=f"{key}.channels", found=shown("sms"), allowed=str(allowed))
    number = rung.get("number")
    if "number" not in rung:
        allowed = Allowed("收短信的手机号码", "the number of the telephone that is told")
        yield Fault(key=f"{key}.number", found=MISSING, allowed=str(allowed))
    elif isinstance(number, str) and not re.search(r"[0-9]", number):
        allowed = Allowed("短信没有试验号码：写手机号码", "a telephone number: no modem knows test targets")
        yield Fault(key=f"{key}.number", found=shown(number), allowed=str(allowed))
    elif isinstance(number, str) and _digits(number) == _residents(data):
        allowed = Allowed("老人自己的号码只用 call：她看不到短信时谁也不知道", "call for the resident's own number")
        yield Fault(key=f"{key}.channels", found=shown("sms"), allowed=str(allowed))
    elif not _in_production(data):
        allowed = Allowed(
            "正式启用后才能发给真实号码：[hotline] production = true",
            "real numbers only with [hotline] production = true",
        )
        yield Fault(key=f"{key}.number", found="真实号码 / a real number", allowed=str(allowed))


def _residents(data: dict[str, Any]) -> str | None:
    """The digits of the resident's own number; None where there are none."""
    resident = data.get("resident")
    phone = resident.get("phone") if isinstance(resident, dict) else None
    return (_digits(phone) or None) if isinstance(phone, str) else None


def _digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)


def _in_production(data: dict[str, Any]) -> bool:
    switch = data.get("hotline")
    return isinstance(switch, dict) and switch.get("production") is True
