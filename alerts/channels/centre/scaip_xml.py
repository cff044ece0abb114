"""What SCAIP says in XML: our request `mrq` and the centre's answer `mrs`. Pure.

Source: the tags, their order and their limits as the public models of SS 91100:2014 and CLC/TS 50134-9 have them;
where two models differ, what both accept is sent (reference, controller id and device type always).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

from alerts import spoken
from alerts.channels.centre.codes import MATTERS, NO_ZONE, TEST_CODES, Stage, device_type_of, matter_of, stage_of
from alerts.model import AlertState
from alerts.occurrence import TITLES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from alerts.brief import BedInfo
    from alerts.channels.centre.codes import Zone
    from alerts.model import Alert

MEDIA_TYPE = "application/scaip+xml"
VERSION = "01.00"
REFERENCE_LETTERS = 16
SHORT, LONG = 32, 128
"""Characters of a text about device, status or place, and of free information."""

LONGEST_BYTES = 4096
"""Of an answer. Source: our choice; the longest `mrs` that its limits allow has less than 1 KB."""

_MESSAGE_TYPES = {Stage.NEW: "ME", Stage.TAKEN: "IN", Stage.OVER: "RE"}
"""Message, information, reset."""

_STATUS_TAKEN = {AlertState.ACKNOWLEDGED: "0004", AlertState.ATTENDED: "0121"}
"""Accepted, present."""

_HEARTBEAT_TYPE, _HEARTBEAT_DEVICE, _HEARTBEAT_STATUS = "PI", "0002", "0070"
"""Heartbeat of the local unit and controller in normal state."""

_REFUSALS = {
    1: ("too_long", "中心说报文太长 / the centre finds the message too long"),
    2: ("bad_format", "中心读不懂报文格式 / the centre cannot read the format"),
    3: ("wrong_content", "中心不接受内容：请核对 account / the centre refuses the content: is the account right?"),
    4: ("hold", "中心让等一等 / the centre asks to wait"),
    5: ("not_treated", "中心没有处理 / the centre did not treat it"),
    6: ("busy", "中心忙 / the centre is busy"),
    7: ("tag_missing", "中心说缺少必填项 / the centre misses a mandatory tag"),
}
_SOON = frozenset({4, 6})
"""A centre that asks to wait or is busy is asked again at the ladder's own pace; the others must be put right first."""


class XmlError(Exception):
    """A body that is no answer of SCAIP.

    Args:
        reason: "not_xml", "dtd", "too_large", "not_mrs" or "field".
        sentence: what was found.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An `mrs`: what the centre made of our request.

    Args:
        reference: of the request.
        status: 0 when it was accepted.
        text: the centre's own words; "" for none.
    """

    reference: str
    status: int
    text: str = ""

    @property
    def refusal(self) -> tuple[str, str]:
        """The named reason and the sentence of a status other than 0."""
        reason, sentence = _REFUSALS.get(self.status, ("refused", "中心拒绝 / the centre refuses it"))
        return reason, f"{sentence} (snu {self.status}{': ' + self.text if self.text else ''})"

    @property
    def soon(self) -> bool:
        """Whether asking again soon may help."""
        return self.status in _SOON


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What every request says of the home.

    Args:
        account: 1 to 16 digits, from the centre.
        callback: telephone that the centre may ring back; "" where there can be no voice.
        bed: names its rooms and devices. Nothing else of it leaves the home: the centre knows who lives there.
        zones: device id → its zone.
        timezone: of the times told.
    """

    account: str
    callback: str
    bed: BedInfo
    zones: Mapping[str, Zone]
    timezone: ZoneInfo


def reference_of(delivery_id: str) -> str:
    """Give the reference of a delivery: the same at every retry, so the centre knows it again."""
    return delivery_id[:REFERENCE_LETTERS]


def request(alert: Alert, home: Home, reference: str) -> bytes:
    """Give the `mrq` that tells an alert."""
    matter, stage = MATTERS[matter_of(alert)], stage_of(alert)
    zone = home.zones.get(alert.device, NO_ZONE)
    status = matter.status_over if stage is Stage.OVER else matter.status
    if alert.test:
        status = TEST_CODES.status
    elif stage is Stage.TAKEN:
        status = _STATUS_TAKEN[alert.state]
    return _request(
        home,
        reference,
        mty="ME" if alert.test else _MESSAGE_TYPES[stage],
        dty=matter.device_type or device_type_of(zone),
        did=str(zone.number) if zone.number else "",
        dte=spoken.one_line(home.bed.devices.get(alert.device, ""), SHORT),
        stc=status,
        stt=spoken.one_line(("测试 " if alert.test else "") + TITLES[alert.kind].in_("zh"), SHORT),
        lte=spoken.one_line(home.bed.rooms.get(str(alert.evidence.get("room", "")), ""), SHORT),
        ite=spoken.one_line(_information(alert, home.timezone), LONG),
    )


def heartbeat(home: Home, reference: str) -> bytes:
    """Give the `mrq` that says that the home is there."""
    return _request(home, reference, mty=_HEARTBEAT_TYPE, dty=_HEARTBEAT_DEVICE, stc=_HEARTBEAT_STATUS)


def answer(body: bytes) -> Answer:
    """Read an `mrs`.

    Raises:
        XmlError: it is none.
    """
    root, fields = _flat(body)
    if root != "mrs":
        raise XmlError("not_mrs", f"expected <mrs>, found <{root[:20]}>")
    reference, status = fields.get("ref", ""), fields.get("snu", "")
    if re.fullmatch(r"[0-9A-Za-z]{1,16}", reference) is None or re.fullmatch(r"[0-9]{1,5}", status) is None:
        raise XmlError("field", "<mrs> must have a ref of 1 to 16 letters or digits and a snu of 1 to 5 digits")
    return Answer(reference=reference, status=int(status), text=spoken.one_line(fields.get("ste", ""), LONG))


def _information(alert: Alert, timezone: ZoneInfo) -> str:
    told = [spoken.local(alert.since, timezone).strftime("%Y-%m-%d %H:%M:%S") + " 起"]
    if alert.count > 1:
        told.append(f"第 {alert.count} 次")
    if alert.state is AlertState.RETURNED:
        told.append("已恢复，尚无人查看")
    return "，".join(told)


def _request(home: Home, reference: str, **fields: str) -> bytes:
    """Write the tags in the schema's order; empty ones are left out."""
    ordered = {
        "ref": reference,
        "ver": VERSION,
        "cha": "1" if home.callback else "0",
        "mty": fields["mty"],
        "cid": home.account,
        "dty": fields["dty"],
        "did": fields.get("did", ""),
        "dte": fields.get("dte", ""),
        "crd": f"tel:{home.callback}" if home.callback else "no-voice:",
        **{tag: fields.get(tag, "") for tag in ("stc", "stt", "lte", "ite")},
    }
    told = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in ordered.items() if text)
    return f'<?xml version="1.0" encoding="UTF-8"?><mrq>{told}</mrq>'.encode()


class _Reader:
    """Collects the root's name and the text of each child."""

    def __init__(self) -> None:
        self.root = ""
        self.fields: dict[str, str] = {}
        self._path: list[str] = []
        self._text = ""

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.root = self.root or name
        self._path.append(name)
        self._text = ""

    def text(self, text: str) -> None:
        self._text += text

    def end(self, name: str) -> None:
        if len(self._path) == 2:  # noqa: PLR2004 - a child of the root
            self.fields.setdefault(name, self._text.strip())
        self._path.pop()

    def doctype(self, *_: object) -> None:
        raise XmlError("dtd", "an answer must not define a document type")


def _flat(body: bytes) -> tuple[str, dict[str, str]]:
    if len(body) > LONGEST_BYTES:
        raise XmlError("too_large", f"an answer has at most {LONGEST_BYTES} bytes")
    reader, parser = _Reader(), ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(body.strip(), True)  # noqa: FBT003 - expat's own signature: this was all
    except (ExpatError, LookupError, ValueError) as error:  # the last two: an encoding that Python does not know
        raise XmlError("not_xml", f"not well-formed XML: {error}") from error
    return reader.root, reader.fields
