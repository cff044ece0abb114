"""Alarm receiving centres that speak a protocol of the trade: SCAIP (CLC/TS 50134-9) and SIA DC-09."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from config.faults import Allowed
from config.secret import SecretError, SecretRef
from config.section import Section
from config.values import File, Host, Port  # noqa: TC001 (pydantic resolves annotations when the classes are made)

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = (16, 24, 32)
"""Of AES-128, AES-192 and AES-256."""

Digits = Annotated[str, Field(pattern=r"^[0-9]{1,16}$"), Allowed("1–16 位数字，加引号", "1 to 16 digits, in quotes")]
Account = Annotated[
    str,
    Field(pattern=r"^[0-9A-F]{3,16}$"),
    Allowed("3–16 位十六进制数字（0–9、A–F），加引号", "3 to 16 hex digits (0-9, A-F), in quotes"),
]
Number = Annotated[
    str,
    Field(pattern=r"^[0-9A-F]{1,6}$"),
    Allowed("1–6 位十六进制数字（0–9、A–F），加引号", "1 to 6 hex digits (0-9, A-F), in quotes"),
]
SipName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9._+-]{1,64}$"),
    Allowed("1–64 个字母、数字、.、_、+ 或 -", "1 to 64 letters, digits, ., _, + or -"),
]
SipAddress = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?$"),
    Allowed('名称@主机，如 "417@home.example"', 'name@host, such as "417@home.example"'),
]
Telephone = Annotated[
    str,
    Field(pattern=r"^\+?[0-9]{3,20}$"),
    Allowed(
        "电话号码，加引号，只有数字，可带 + 号", "a telephone number in quotes: digits, + in front if international"
    ),
]
EventCode = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{2}$"),
    Allowed('三位数字的 Contact ID 代码，如 "103"', 'a Contact ID event code, such as "103"'),
]
TestIntervalS = Annotated[
    float,
    Field(ge=10, le=86400, allow_inf_nan=False),
    Allowed("10–86400 的秒数", "seconds, 10 to 86400"),
]
SipTransport = Literal["udp", "tcp", "tls"]
Dc09Transport = Literal["tcp", "udp"]
KeyForm = Literal["hex", "text"]


class Scaip(Section):
    """[scaip] 按 SCAIP（CLC/TS 50134-9）接警的中心."""

    host: Host
    """接警中心的主机 / host of the centre"""
    port: Port = 5060
    """端口；tls 通常为 5061 / port; 5061 is usual with tls"""
    transport: SipTransport = "udp"
    """传输方式；穿过互联网时用 tls / transport; use tls across the internet"""
    ca_file: File | None = None
    """自签证书机构的证书；用公共机构时不写 / certificate of a private authority; leave out for public ones"""
    account: Digits
    """中心给本户的编号（cid） / the number under which the centre knows this home (cid)"""
    user: SipName | None = None
    """SIP 认证的用户名；不写即 account / user name for SIP authentication; the account when left out"""
    password: SecretRef | None = None
    """SIP 认证密码的出处 / where the password for SIP authentication is kept"""
    centre: SipName = "scaip"
    """中心的 SIP 名称 / SIP name of the centre"""
    local_id: SipAddress | None = None
    """本户的 SIP 地址，由中心给出；不写即 account@本机地址 / this home's SIP address, if the centre gave one"""
    local_port: Port | None = None
    """本机 UDP 端口；不写由系统选 / local UDP port; the system chooses when left out"""
    callback: Telephone | None = None
    """老人家的电话，中心据此回拨；不写则不通话 / telephone of the home for the centre to ring back; none: no voice"""
    heartbeat_s: TestIntervalS = 3600.0
    """心跳间隔 / seconds between heartbeats"""


class Dc09Codes(Section):
    """[dc09.codes] 中心另有约定的 Contact ID 代码."""

    emergency: EventCode | None = None
    """紧急呼叫；通常 101 / emergency call; 101 otherwise"""
    fall: EventCode | None = None
    """跌倒；通常 100 / fall; 100 otherwise"""
    inactivity: EventCode | None = None
    """长时间无动静；通常 102 / inactivity; 102 otherwise"""


class Dc09(Section):
    """[dc09] 按 SIA DC-09 接警的中心."""

    host: Host
    """接警机的主机 / host of the receiver"""
    port: Port
    """端口 / port"""
    transport: Dc09Transport = "tcp"
    """传输方式 / transport"""
    account: Account
    """中心给本户的帐号 / the account that the centre gave this home"""
    receiver: Number = "0"
    """接警机号 / receiver number"""
    line: Number = "0"
    """线路号 / line number"""
    key: SecretRef | None = None
    """AES 密钥的出处；不写则不加密 / where the AES key is kept; nothing is encrypted without"""
    key_form: KeyForm = "hex"
    """密钥的写法：hex 为 32、48 或 64 位十六进制，text 为 16、24 或 32 个字符 / hex digits, or plain characters"""
    link_test_s: TestIntervalS = 3600.0
    """最长多久测试一次链路 / seconds between link tests at most"""
    codes: Dc09Codes = Dc09Codes()
    """中心另有约定的代码 / codes that the centre wants otherwise"""

    def key_bytes(self, env: Mapping[str, str] | None = None) -> bytes | None:
        """The key of AES; None when nothing is encrypted.

        Args:
            env: where variables are looked up; the process's own when None.

        Raises:
            SecretError: it cannot be read, or is no key.
        """
        if self.key is None:
            return None
        secret = self.key.reveal(env)
        try:
            key = bytes.fromhex(secret) if self.key_form == "hex" else secret.encode("ascii")
        except ValueError:
            key = b""
        if len(key) not in KEY_BYTES:
            raise SecretError(
                "dc09.key：应为 32、48 或 64 位十六进制数字（key_form = hex），或 16、24 或 32 个字符"
                "（key_form = text）。 / dc09.key: it must have 32, 48 or 64 hex digits (key_form = hex), or 16, 24 or "
                "32 characters (key_form = text)."
            )
        return key

    def own_codes(self) -> dict[str, str]:
        """What the centre wants otherwise: matter → event code."""
        return {name: code for name, code in self.codes.model_dump().items() if code is not None}
