"""What a fresh machine installs is pinned by hash, names no address, and is what pyproject.toml asks for."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ["requirements.txt", "requirements-dev.txt", "requirements-build.txt"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(name: str) -> set[tuple[str, str]]:
    """Names and versions; a package that newer Pythons need in another version stands there twice."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==(\S+)", text, flags=re.MULTILINE))


def packages(name: str) -> set[str]:
    return {package for package, _ in pins(name)}


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_pinned_with_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) == len(pins(name))
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_three_files_agree() -> None:
    everything = pins("requirements-dev.txt")
    assert pins("requirements.txt") <= everything
    assert pins("requirements-build.txt") <= everything


def test_everything_that_the_project_asks_for_is_pinned() -> None:
    def names(wanted: list[str]) -> set[str]:
        return {re.split(r"[<>=!~\[ ]", entry)[0].lower() for entry in wanted}

    assert names(PROJECT["project"]["dependencies"]) <= packages("requirements.txt")
    assert names(PROJECT["project"]["optional-dependencies"]["dev"]) <= packages("requirements-dev.txt")
    assert names(PROJECT["build-system"]["requires"]) <= packages("requirements-build.txt")


def test_make_alone_tells_every_target() -> None:
    told = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\w+)", told, flags=re.MULTILINE) == [
        "help",
        "run",
        "test",
        "faults",
        "setup",
        "lint",
        "lock",
    ]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CHANGELOG.md"])
def test_every_link_to_a_file_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_both_readmes_say_the_same_commands() -> None:
    def commands(name: str) -> set[str]:
        code = re.findall(r"```.*?```|`[^`]+`", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)
        return set(re.findall(r"(?:make|shouwang|python -m config) [a-z]+(?: --config)?", "\n".join(code)))

    assert commands("README.md") == commands("README.zh-CN.md")
    assert {"make run", "make test", "shouwang run --config", "shouwang replay"} <= commands("README.md")
