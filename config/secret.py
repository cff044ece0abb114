"""Secrets by reference: the configuration names the file or the variable, and never holds the secret itself.

So a configuration can be shown to anybody, kept under version control, and sent in for help.
"""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003 (pydantic resolves annotations when the class is made)
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from config.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping


class SecretError(Exception):
    """A secret cannot be read; the message says which and what to do, never what it is."""


class SecretRef(Section):
    """Where a secret is kept: `{ file = "…" }` or `{ env = "…" }`, exactly one of the two."""

    file: Path | None = Field(default=None, strict=False)
    """存放密码的文件 / the file that holds the secret"""
    env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """存放密码的环境变量名 / the variable that holds the secret"""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.file is None) == (self.env is None):
            raise ValueError("exactly one of file and env")
        return self

    def reveal(self, env: Mapping[str, str] | None = None) -> str:
        """The secret itself, without white space around it. Read anew at each call: never kept by us.

        Args:
            env: the environment to look in; the process's own when None.

        Raises:
            SecretError: the file or variable is missing, unreadable or empty; the message says what to do.
        """
        if self.file is not None:
            return _filled(_read(self.file), f"文件 {self.file}", f"file {self.file}")
        name = self.env or ""
        found = (os.environ if env is None else env).get(name)
        if found is None:
            raise SecretError(
                f"环境变量 {name} 没有设置。请先设置再启动。 / "
                f"The variable {name} is not set: set it, then start again."
            )
        return _filled(found, f"环境变量 {name}", f"variable {name}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SecretError(
            f"读不到密码文件 {file}（{error.strerror}）。请建立该文件，写入密码，"
            f"并让运行守望的用户可读（chmod 600）。 / Cannot read {file} ({error.strerror}): create it with the secret "
            "in it, readable by the user that runs shouwang (chmod 600)."
        ) from None
    except UnicodeDecodeError:
        raise SecretError(
            f"密码文件 {file} 不是 UTF-8 文本，请重写。 / {file} is not UTF-8 text: write the secret anew."
        ) from None


def _filled(secret: str, where_zh: str, where_en: str) -> str:
    stripped = secret.strip()
    if not stripped:
        raise SecretError(f"{where_zh} 是空的，请写入密码。 / The {where_en} is empty: write the secret into it.")
    return stripped
