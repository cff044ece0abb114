"""The example of a station's configuration is one that a station takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alerts.station.settings import load

if TYPE_CHECKING:
    import pytest

EXAMPLE = Path(__file__).parents[2] / "config" / "station.example.toml"


def test_the_example_loads_to_exact_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "broker-password").write_text("of the broker\n")
    (tmp_path / "secrets" / "hh-0417.key").write_text("0123456789abcdef0123456789abcdef\n")
    settings, secrets = load(EXAMPLE)
    assert settings.name == "幸福里社区养老服务驿站"
    assert (settings.broker.port, settings.broker.prefix) == (1883, "shouwang-station/v1")
    assert settings.http.port == 8480
    assert settings.station_silence_s == 170
    assert settings.homes["hh-0417"].bed_code == "NMG-HHHT-000417"
    assert list(settings.staff) == ["李晓"]
    assert secrets.homes == {"hh-0417": b"0123456789abcdef0123456789abcdef"}
    assert secrets.broker == "of the broker"
