"""What every table of the configuration has in common: frozen, exact about keys, exact about types."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of the file. The text under each field is what editors show for it.

    Strict, because TOML has types of its own: a quoted number is a mistake, and a time must be a time (22:30 read
    as 1350 minutes or as 22 minutes 30 is how night rules go wrong unseen).
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )
