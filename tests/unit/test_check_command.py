"""`shouwang check`: whether the file is right, and what the home will not see once every device works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gateway import cli

if TYPE_CHECKING:
    import pytest

EXAMPLE = Path(__file__).parents[2] / "config" / "gateway.example.toml"
SECRETS = {
    "broker-password", "station-key", "station-ca.pem", "duty-token", "page-password-hash", "api-token",
    "upsd-password",
}  # fmt: skip


def test_it_says_where_the_planned_home_is_blind_and_what_would_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secrets").mkdir()
    for name in SECRETS:
        (tmp_path / "secrets" / name).write_text("0" * 64, encoding="utf-8")
    for name in ("SHOUWANG_STATION_PASSWORD", "SHOUWANG_DAUGHTER_TOKEN"):
        monkeypatch.setenv(name, "secret")
    (tmp_path / "home.toml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert cli.main(["check", "--config", str(tmp_path / "home.toml")]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "6:00 前后倒在卧室，最长 1 天后才会有人知道：卧室里没有传感器看得到老人，大门一动，就可能被当成外出。",
        "请在卧室装人体感应或跌倒雷达。",
        "请在厨房装人体感应或跌倒雷达。",
        (
            "If she falls in the 卧室 around 6:00, it may take up to 1 day until anybody knows: "
            "no sensor sees the 卧室, and once the door has moved she may be taken to be out."
        ),
        "Please fit a motion sensor or a fall radar in the 卧室.",
        "Please fit a motion sensor or a fall radar in the 厨房.",
    ]
