"""`python -m alerts.station --config FILE`: the station's process."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import sys
from pathlib import Path

from argon2 import PasswordHasher

from alerts.station.app import serve
from alerts.station.settings import SettingsError, load


def main(arguments: list[str] | None = None) -> int:
    """Runs the command. Returns the exit code: 0 after a signal, 2 when the settings cannot be used."""
    parser = argparse.ArgumentParser(prog="shouwang station", description="驿站值班台 / the community station")
    parser.add_argument("--config", type=Path, metavar="FILE", help="驿站的设置 / the station's settings (TOML)")
    parser.add_argument("--hash-password", action="store_true", help="把密码变成设置里的一行 / hash a password")
    chosen = parser.parse_args(arguments)
    if chosen.hash_password:
        sys.stdout.write(PasswordHasher().hash(getpass.getpass("密码 / password: ")) + "\n")
        return 0
    if chosen.config is None:
        parser.error("--config FILE")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    try:
        settings, secrets = load(chosen.config)
    except SettingsError as error:
        sys.stderr.write(f"设置有误 / the settings cannot be used:\n{error}\n")
        return 2
    asyncio.run(serve(settings, secrets))
    return 0


if __name__ == "__main__":
    sys.exit(main())
