from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.station.__main__ import main
from alerts.station.settings import SettingsError, load

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, text: str) -> Path:
    path = folder / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(path: Path) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load(path)
    return {fault.key: f"{fault.sentence} ({fault.found})" for fault in caught.value.faults}


def good(password_hash: str, key: str = '{ env = "HOME_KEY" }') -> str:
    return f"[homes.home-001]\nsecret = {key}\n[staff]\n'李护士' = '{password_hash}'\n"


def test_defaults_are_safe(tmp_path: Path, password_hash: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_KEY", "sixteen letters!")
    settings, secrets = load(write(tmp_path, good(password_hash)))
    assert (settings.http.host, settings.broker.prefix, settings.station_silence_s) == (
        "127.0.0.1",
        "shouwang-station/v1",
        170,
    )
    assert secrets.homes == {"home-001": b"sixteen letters!"}
    assert secrets.broker is None
    assert str(settings.zone) == "Asia/Shanghai"


def test_the_environment_wins(tmp_path: Path, password_hash: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_KEY", "sixteen letters!")
    monkeypatch.setenv("SHOUWANG_STATION_HTTP__PORT", "9999")
    settings, _ = load(write(tmp_path, good(password_hash) + "[http]\nport = 1\nhost = '127.0.0.2'\n"))
    assert (settings.http.port, settings.http.host) == (9999, "127.0.0.2")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = """
timezone = "Mars/Olympus"
station_silence_s = 1
typo = 1
[broker]
port = 0
prefix = "a/#"
[homes."a/b"]
secret = { env = "A", file = "b" }
[staff]
"李护士" = "plain password"
"""
    found = faults(write(tmp_path, text))
    assert set(found) == {
        "timezone", "station_silence_s", "typo", "broker.port", "broker.prefix", "homes.a/b.[key]",
        "homes.a/b.secret", "staff.李护士",
    }  # fmt: skip
    assert found["timezone"] == "a name of the time zone database, such as Asia/Shanghai (str)"
    assert "plain password" not in str(found)


def test_secrets_that_cannot_be_read_are_told_together(tmp_path: Path, password_hash: str) -> None:
    (tmp_path / "short").write_text("short\n")
    text = good(password_hash, f'{{ file = "{tmp_path / "absent"}" }}') + "[broker]\npassword = { env = 'NOT_SET' }\n"
    text += f'[homes.home-002]\nsecret = {{ file = "{tmp_path / "short"}" }}\n'
    found = faults(write(tmp_path, text))
    assert set(found) == {"homes.home-001.secret", "broker.password", "homes.home-002.secret"}
    assert found["homes.home-002.secret"] == "a secret of at least 16 characters (5 characters)"


@pytest.mark.parametrize("text", ["= 1", "[homes]\n[homes]\n", "\x00"])
def test_a_broken_file_is_told(tmp_path: Path, text: str) -> None:
    assert len(faults(write(tmp_path, text))) == 1


def test_the_command_says_what_is_wrong_and_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "absent.toml")]) == 2
    assert "absent.toml" in capsys.readouterr().err
