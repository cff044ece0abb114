"""[power]: what feeds the gateway, and what is done when its battery is nearly empty."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from config.faults import MISSING, Allowed, Fault, shown
from config.secret import SecretRef  # noqa: TC001 (pydantic resolves annotations when the classes are made)
from config.section import Section
from config.values import Command, File, Host, Port, Text  # noqa: TC001 (the same)

if TYPE_CHECKING:
    from collections.abc import Iterator

UpsName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9._-]{1,64}$"),
    Allowed("ups.conf 里方括号中的名称", "the name in brackets in ups.conf"),
]


class Power(Section):
    """[power] 供电."""

    kind: Literal["none", "nut", "power_supply"] = "none"
    """从哪里得知停电：nut（不间断电源）、power_supply（Linux 电源接口）、none / where a loss of the mains is seen"""
    host: Host = "127.0.0.1"
    """NUT 服务（upsd）的主机 / host of upsd"""
    port: Port = 3493
    """upsd 的端口 / its port"""
    ups: UpsName = "ups"
    """不间断电源在 ups.conf 里的名称 / the UPS's name in ups.conf"""
    username: Text | None = None
    """upsd.users 里的用户名；不设用户时不写 / user of upsd.users; leave out where there is none"""
    password: SecretRef | None = None
    """密码的出处 / where its password is kept"""
    path: File = Path("/sys/class/power_supply")
    """Linux 电源接口的目录 / folder of Linux's power supplies"""
    shutdown_command: Command = ()
    """电池将尽、守望关闭之后执行的命令；不写则只关闭守望 / run after the clean end; none when left out"""


_OF_NUT = ("host", "port", "ups", "username", "password")


def checks(data: dict[str, Any]) -> Iterator[Fault]:
    """Everything that is wrong between keys of [power]."""
    power = data.get("power")
    if not isinstance(power, dict):
        return
    kind = power.get("kind", "none")
    if not isinstance(kind, str):
        return
    idle = {"nut": ("path",), "power_supply": _OF_NUT, "none": (*_OF_NUT, "path", "shutdown_command")}.get(kind, ())
    for key in idle:
        if key in power:
            allowed = Allowed(f'kind = "{kind}" 时不写', f'left out where kind = "{kind}"')
            yield Fault(key=f"power.{key}", found=shown(power[key]), allowed=str(allowed))
    for has, needs in (("username", "password"), ("password", "username")):
        if kind == "nut" and has in power and needs not in power:
            allowed = Allowed(f"有 {has} 时必须写 {needs}", f"{needs}, since there is {has}")
            yield Fault(key=f"power.{needs}", found=MISSING, allowed=str(allowed))
