"""`python -m config schema` writes the JSON Schema for editors; `python -m config limits` lists every threshold."""

from __future__ import annotations

import argparse
import json
import sys

from config.limits import catalogue
from config.schema import schema


def main(arguments: list[str] | None = None) -> int:
    """Writes what was asked for to standard output.

    Args:
        arguments: the command line without the program's name; the process's own when None.
    """
    parser = argparse.ArgumentParser(prog="python -m config", description=__doc__)
    parser.add_argument("what", choices=["schema", "limits"])
    what = parser.parse_args(arguments).what
    sys.stdout.write(_schema() if what == "schema" else _limits())
    return 0


def _schema() -> str:
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def _limits() -> str:
    rows = [f"{key} = {limit.value} {limit.unit}\n    {limit.zh}\n    {limit.en}" for key, limit in catalogue().items()]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
