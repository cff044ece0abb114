"""A changed copy of an immutable value, quickly.

`dataclasses.replace` goes through the initialiser, which for a frozen value of twenty fields takes longer than all
detectors together (measured: 8 µs against 3). Here the slots are copied one by one (2.5 µs), and a tuple
in one go (0.8 µs).
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")

_new = object.__new__


def replace(value: Value, /, **changes: object) -> Value:
    """Give a copy of a named tuple, or a frozen dataclass with slots and no `__post_init__`, with some fields changed.

    Raises:
        KeyError: if it has no such field.
        TypeError: if it is of another kind.
    """
    if isinstance(value, tuple):
        places, contents = _places(type(value)), list(value)
        for name, content in changes.items():
            contents[places[name]] = content
        return cast("Value", tuple.__new__(type(value), contents))
    read, write = _slots(cast("Any", type(value)))
    copy = _new(type(value))
    for set_field, content in zip(write.values(), read(value), strict=True):
        set_field(copy, content)
    for name, content in changes.items():
        write[name](copy, content)
    return copy


@cache
def _places(kind: type[Any]) -> dict[str, int]:
    """Where each field of a kind of named tuple stands."""
    return {name: place for place, name in enumerate(kind._fields)}


@cache
def _slots(kind: type[Any]) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, Callable[[Any, Any], None]]]:
    """What reads all fields of a kind of value, and what writes each."""
    if hasattr(kind, "__post_init__") or not hasattr(kind, "__slots__"):
        raise TypeError(f"{kind.__name__} is no dataclass with slots that is made by its fields alone")
    names = [field.name for field in fields(kind)]
    read = attrgetter(*names, "__class__")  # one more, so that it gives a tuple for a single field, too
    return (lambda value: read(value)[:-1]), {name: getattr(kind, name).__set__ for name in names}
