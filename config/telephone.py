"""The home's telephone: whether real people may be called, the carrier's trunks, and what the calls say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.faults import Allowed
from config.secret import SecretRef  # noqa: TC001 (pydantic resolves annotations when the classes are made)
from config.section import Section
from config.values import (  # noqa: TC001 (the same)
    File,
    Host,
    OptionalText,
    Port,
    Switch,
    Text,
)

SipName = Annotated[
    str,
    Field(min_length=1, max_length=100, pattern=r'^[^\s;,"<>\\@]+$'),
    Allowed('不含空格和 ; , " < > \\ @ 的文字', 'a text without blanks and ; , " < > \\ @'),
]


class Production(Section):
    """[hotline] 真实呼叫的总开关."""

    production: Switch = False
    """正式启用：允许拨打真实号码。只能写在本文件里，环境变量无效 / real numbers may be called; only this file can say
    so, no variable"""


class Trunk(Section):
    """[[trunks]] 运营商的 SIP 线路；按顺序使用."""

    name: Text
    """线路名称，如“移动”，每条不同 / a name of its own"""
    host: Host
    """运营商 SIP 服务器 / the carrier's SIP server"""
    port: Port = 5060
    """端口；TLS 通常为 5061 / port; usually 5061 with TLS"""
    transport: Annotated[Literal["udp", "tcp", "tls"], Allowed("udp、tcp 或 tls", "udp, tcp or tls")] = "udp"
    """信令的传输方式 / how the signalling travels"""
    username: SipName
    """账号，通常是主叫号码 / user name, usually our own number"""
    password: SecretRef | None = None
    """密码的出处 / where the password is kept"""
    domain: SipName | None = None
    """SIP 域；与 host 相同时不写 / SIP domain, where it is not the host"""
    registration: Switch = True
    """运营商是否要求注册 / whether the carrier wants a registration"""
    media_encryption: Annotated[
        Literal["none", "offered", "required"],
        Allowed("none、offered（对方支持则加密）或 required（必须加密）", "none, offered or required"),
    ] = "none"
    """通话是否加密（SRTP） / SRTP for the voice"""
    ca_file: File | None = None
    """自签证书机构的证书；用公共机构时不写 / certificate of a private authority; leave out for public ones"""


class Telephone(Section):
    """[telephone] 打出去的电话."""

    lines: Annotated[int, Field(ge=1, le=4), Allowed("1–4 的整数", "a whole number from 1 to 4")] = 1
    """运营商允许同时通话几路 / how many calls the carrier lets us hold at once"""
    caller: OptionalText = ""
    """电话里自报的单位，如“幸福社区养老服务驿站” / who is calling, as people know us"""
    call_back: OptionalText = ""
    """请对方回拨的号码；不写则为老人电话 / number to ring back; the resident's when left out"""
    recordings: File | None = None
    """录音短语的目录，见 docs/telephone.md / folder of recorded phrases, see docs/telephone.md"""
