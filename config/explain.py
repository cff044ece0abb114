"""Turns what pydantic objects to into faults: the key as the installer wrote it, what was found, what is allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from config.crosschecks import entry_key
from config.faults import HIDDEN, MISSING, Allowed, Fault, quoted, shown
from config.limits import Limits, catalogue
from config.secret import SecretRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]

SECRET = Allowed(
    '{ file = "密码文件" } 或 { env = "环境变量名" }；密码本身不写在配置里',
    '{ file = "…" } or { env = "…" }; never the secret itself',
)
UNKNOWN = "不认识的键 / an unknown key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a fault lies.

    Args:
        key: as the installer reads it.
        model: the table that the key belongs to; None above and below every table.
        allowed: what may stand there; None where the key is not known.
        secret: the place of a secret: never show what stands there.
    """

    key: str
    model: type[BaseModel] | None
    allowed: Allowed | None
    secret: bool


def explained(
    errors: Sequence[ErrorDetails], root: type[BaseModel], data: dict[str, Any], names: dict[str, Any]
) -> list[Fault]:
    """The faults that pydantic's errors stand for, one for each key.

    Args:
        errors: of `ValidationError.errors()`.
        root: the model that was validated.
        data: what was validated, to name entries of lists by their id.
        names: the variable's name wherever a value came from the environment.
    """
    faults: dict[str, Fault] = {}
    for error in errors:
        if error["type"] == "too_short" and error["input"]:
            continue  # a list that is short only because its entries were refused, each with its own fault
        fault = _fault(error, place(error["loc"], root, data, names))
        faults.setdefault(fault.key, fault)
    return list(faults.values())


def place(loc: Location, root: type[BaseModel], data: dict[str, Any], names: dict[str, Any]) -> Place:
    """Follows a location through the models; stops at a secret, whose inside is nobody's business."""
    model: type[BaseModel] | None = root
    key, section, value, variable = "", "", data, names
    allowed: Allowed | None = None
    owner: type[BaseModel] | None = None
    for part in loc:
        value, variable = _inside(value, part), _inside(variable, part) if isinstance(variable, dict) else variable
        if isinstance(part, int):
            key = key.removesuffix(section) + entry_key(section, part, value)
            continue
        key, section = f"{key}.{_written(str(part))}".lstrip("."), str(part)
        owner, field = model, model.model_fields.get(str(part)) if model else None
        model = _model_in(field.annotation) if field else None
        allowed = allowed_of(owner, section) if owner and field else None
        if model is SecretRef:
            break
    shown_key = variable if isinstance(variable, str) else key
    return Place(key=shown_key, model=owner, allowed=allowed, secret=model is SecretRef)


def allowed_of(model: type[BaseModel], name: str) -> Allowed:
    """What a field takes: its own words, or its type's."""
    if issubclass(model, Limits):
        return catalogue()[name].allowed
    field = model.model_fields[name]
    return _words([*field.metadata, field.annotation]) or _of_model(field, name)


def _fault(error: ErrorDetails, where: Place) -> Fault:
    if where.allowed is None:
        return Fault(key=where.key, found=UNKNOWN, allowed=str(_suggestion(error["loc"][-1], where.model)))
    found = HIDDEN if where.secret else shown(error["input"])
    return Fault(key=where.key, found=MISSING if error["type"] == "missing" else found, allowed=str(where.allowed))


def _suggestion(name: int | str, model: type[BaseModel] | None) -> Allowed:
    fields = list(model.model_fields) if model else []
    close = get_close_matches(str(name), fields, n=1, cutoff=0.6)
    if close:
        return Allowed(f"是不是要写 {close[0]}？", f"did you mean {close[0]}?")
    return Allowed("下列之一：" + "、".join(fields), "one of: " + ", ".join(fields))


def _words(candidates: Sequence[object]) -> Allowed | None:
    for candidate in candidates:
        if isinstance(candidate, Allowed):
            return candidate
        if get_origin(candidate) is Literal:
            options = [str(option) for option in get_args(candidate)]
            return Allowed("下列之一：" + "、".join(options), "one of: " + ", ".join(options))
        inner = _words([*getattr(candidate, "__metadata__", ()), *get_args(candidate)])
        if inner:
            return inner
    return None


def _of_model(field: FieldInfo, name: str) -> Allowed:
    model = _model_in(field.annotation)
    if model is None:
        raise LookupError(f"the field {name} has no words for what it allows")
    if model is SecretRef:
        return SECRET
    wanted = [key for key, inner in model.model_fields.items() if inner.is_required()]
    keys = f"（必写：{'、'.join(wanted)}）" if wanted else ""
    keys_en = f" (needs {', '.join(wanted)})" if wanted else ""
    return Allowed(f"[{name}] 一节{keys}", f"a [{name}] table{keys_en}")


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for found in map(_model_in, get_args(annotation)) if found), None)


def _written(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)


def _inside(value: Any, part: int | str) -> Any:  # noqa: ANN401 (whatever the file holds)
    try:
        return value[part]
    except (KeyError, IndexError, TypeError):
        return None
