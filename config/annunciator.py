"""[annunciator]: how the resident is spoken to at home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from config.faults import MISSING, Allowed, Fault, shown
from config.section import Section
from config.values import Command, File, Text  # noqa: TC001 (pydantic resolves annotations when the class is made)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Annunciator(Section):
    """[annunciator] 家里的播报."""

    device: Text | None = None
    """播报器的设备号（[[devices]] 里的一台自制设备）/ id of the annunciator, a native device of [[devices]]"""
    player: Command = ()
    """本机播放声音的命令，声音文件加在最后 / plays a sound on this machine; the file is appended"""
    clips: File | None = None
    """真人录音的目录，文件名就是那句话，如“求助已发出.wav” / folder of recorded sentences, named as they are spoken"""
    language: Literal["zh", "en"] = "zh"
    """说什么语言 / language"""
    volume: Annotated[int, Field(ge=1, le=100), Allowed("1–100 的整数", "a whole number from 1 to 100")] = 90
    """音量 / volume"""


def checks(data: dict[str, Any]) -> Iterator[Fault]:
    """Everything that is wrong between [annunciator] and the rest."""
    annunciator = data.get("annunciator")
    if not isinstance(annunciator, dict):
        return
    if "clips" in annunciator and not annunciator.get("player"):
        allowed = Allowed('播放命令，如 ["aplay", "-q"]', 'the command that plays them: ["aplay", "-q"]')
        yield Fault(key="annunciator.player", found=MISSING, allowed=str(allowed))
    device, devices = annunciator.get("device"), data.get("devices")
    if not isinstance(device, str) or not isinstance(devices, list):
        return
    native = [d.get("id") for d in devices if isinstance(d, dict) and d.get("dialect") == "native"]
    if device not in native:
        allowed = Allowed(
            '[[devices]] 里一台 dialect = "native" 的设备号', 'the id of one of [[devices]] with dialect = "native"'
        )
        yield Fault(key="annunciator.device", found=shown(device), allowed=str(allowed))
