"""Values from the environment: SHOUWANG_<SECTION>__<KEY> wins over the file.

Variables without a double underscore (SHOUWANG_STATION_SECRET, say) are no settings: secrets may live in them.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic_settings import EnvSettingsSource
from pydantic_settings import SettingsError as UnreadableVariable

from config.explain import place
from config.faults import HIDDEN, Allowed, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_settings import BaseSettings

PREFIX = "SHOUWANG_"
DELIMITER = "__"
STATION = "STATION_"
"""What the station's own variables go on with (SHOUWANG_STATION_HTTP__PORT): they are not the gateway's."""


def from_environment(
    model: type[BaseSettings], env: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any], list[Fault]]:
    """What the environment sets.

    Args:
        model: the settings whose keys the variables name.
        env: names to values.

    Returns:
        The values as nested tables; the same shape with the variable's name in place of each value; and a fault for
        each variable that names no section or cannot be read.
    """
    values: dict[str, Any] = {}
    names: dict[str, Any] = {}
    faults: list[Fault] = []
    for name in sorted(filter(_is_ours, env)):
        path = name.removeprefix(PREFIX).lower().split(DELIMITER)
        try:
            found = _one(model, name, env[name]) if path[0] in model.model_fields else None
        except UnreadableVariable:
            found = None
        if not found:
            faults.append(_unreadable(model, name, path))
            continue
        values = overlaid(values, found)
        names = overlaid(names, _named(found, name))
    return values, names, faults


def overlaid(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """The tables of `over` laid upon those of `base`, key by key; a reference to a secret is replaced as a whole."""
    return {**base, **{key: _laid(base.get(key), value) for key, value in over.items()}}


def _laid(below: object, value: object) -> object:
    if isinstance(below, dict) and isinstance(value, dict) and not value.keys() <= {"file", "env"}:
        return overlaid(below, value)
    return value


def _is_ours(name: str) -> bool:
    section, delimiter, _ = name.removeprefix(PREFIX).partition(DELIMITER)
    return name.startswith(PREFIX) and bool(delimiter) and not section.startswith(STATION)


def _one(model: type[BaseSettings], name: str, value: str) -> dict[str, Any]:
    source = EnvSettingsSource(model)
    source.env_vars = {name.lower(): value}
    return source()


def _named(found: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: _named(value, name) if isinstance(value, dict) else name for key, value in found.items()}


def _unreadable(model: type[BaseSettings], name: str, path: list[str]) -> Fault:
    if path[0] in model.model_fields:
        known = place(tuple(path), model, {}, {}).allowed
        allowed = known or Allowed("JSON 写的表或列表", "a table or list, written as JSON")
        return Fault(key=name, found=HIDDEN, allowed=str(allowed))
    sections = [field.upper() for field in model.model_fields]
    close = get_close_matches(path[0].upper(), sections, n=1)
    meant = DELIMITER.join([close[0], *(part.upper() for part in path[1:])]) if close else ""
    allowed = Allowed(f"是不是要写 {PREFIX}{meant}？", f"did you mean {PREFIX}{meant}?")
    if not close:
        allowed = Allowed("节为下列之一：" + "、".join(sections), "a section out of " + ", ".join(sections))
    return Fault(key=name, found=HIDDEN, allowed=str(allowed))
