"""What baresip is told in its configuration file. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULES_FOLDER = "/usr/lib/baresip/modules"
"""Source: Debian's package baresip-core, on every architecture."""

MODULES = ("g711.so", "aufile.so", "aubridge.so", "srtp.so")
"""Voice in G.711, spoken from a file and heard by nobody: no sound hardware is touched."""

APPLICATIONS = ("menu.so", "ctrl_tcp.so")

RTP_PORTS = "10000-20000"
"""Source: baresip's own default; stated so that a firewall can be told."""

DEAF_S = 20
"""Seconds without a sound from the far end, once there was one, after which the call is dead. Source: our choice:
carriers send voice packets all the time, even of silence, and tolerate gaps far below this."""


def settings_file(folder: Path, *, control_port: int, interface: str, deaf_s: int = DEAF_S) -> str:
    """Give baresip's configuration.

    Args:
        folder: of this baresip; holds hush.wav, and nothing is read from elsewhere.
        control_port: where it listens for us on 127.0.0.1.
        interface: IP address to bind to; "" lets it choose by the default route.
        deaf_s: see `DEAF_S`.
    """
    lines = [
        f"module_path {MODULES_FOLDER}",
        *(f"module {name}" for name in MODULES),
        *(f"module_app {name}" for name in APPLICATIONS),
        f"ctrl_tcp_listen 127.0.0.1:{control_port}",
        f"audio_path {folder}",
        f"audio_source aufile,{folder}/hush.wav",
        "audio_player aubridge,heard",
        "audio_alert aubridge,alert",
        "audio_channels 1",
        "audio_srate 8000",
        "ringback_disabled yes",
        "menu_bell no",
        "call_max_calls 1",
        f"rtp_ports {RTP_PORTS}",
        f"rtp_timeout {deaf_s}",
        "jitter_buffer_delay 0-0",  # a buffer keeps back a key's few packets when nothing else comes; we hear no voice
        "rtp_tos 184",
        "sip_tos 160",
        *([f"net_interface {interface}"] if interface else []),
    ]
    return "\n".join(lines) + "\n"
