"""Who may use the console: staff of the settings, by password; then a signed cookie for one shift.

A cookie names a person and carries a fingerprint of the password's hash: it ends when the person leaves the settings
or gets another password. After some wrong passwords a name must wait, whoever tries it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from itsdangerous import BadSignature, URLSafeTimedSerializer

if TYPE_CHECKING:
    from collections.abc import Mapping

COOKIE = "shouwang_station"
SHIFT_S = 12 * 3600
"""How long a login holds: one long shift."""

TRIES = 5
WAIT_S = 60.0
"""After TRIES wrong passwords in a row a name waits WAIT_S. Source: NIST SP 800-63B 5.2.2 allows up to 100 in all;
five a minute make a guess of 1 in 10,000 take a day, and keep a nurse with cold fingers out for one minute."""


class TooManyTriesError(Exception):
    """A name must wait before its next try.

    Args:
        wait_s: seconds.
    """

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s


class SignIn:
    """Checks passwords and cookies.

    Args:
        staff: name → argon2 hash.
        key: signs the cookies; kept in the store, so that a restart logs nobody out.
    """

    def __init__(self, staff: Mapping[str, str], key: bytes) -> None:
        self._staff = dict(staff)
        self._hasher = PasswordHasher()
        self._serializer = URLSafeTimedSerializer(key, salt="shouwang.station.cookie")
        self._nobody = self._hasher.hash("nobody has this password")
        self._wrong: dict[str, tuple[int, float]] = {}  # name → wrong tries in a row, and when the last was

    async def cookie(self, name: str, password: str, at_s: float) -> str | None:
        """Checks a password.

        Args:
            name: as typed.
            password: as typed.
            at_s: the monotonic clock now.

        Returns:
            The cookie's value; None when name or password are wrong, which takes as long for either.

        Raises:
            TooManyTriesError: the name must wait.
        """
        self._require_patience(name, at_s)
        hashed = self._staff.get(name, self._nobody)
        right = await asyncio.to_thread(self._verify, hashed, password) and name in self._staff
        if not right:
            if name in self._staff:  # only names that exist, so that nobody can fill the memory
                self._wrong[name] = (self._wrong.get(name, (0, 0.0))[0] + 1, at_s)
            return None
        self._wrong.pop(name, None)
        return str(self._serializer.dumps([name, self._fingerprint(name)]))

    def who(self, cookie: str) -> str | None:
        """The name that a cookie was made for; None when it is forged, too old, or no longer welcome."""
        try:
            name, fingerprint = self._serializer.loads(cookie, max_age=SHIFT_S)
        except (BadSignature, ValueError, TypeError):
            return None
        welcome = name in self._staff and hmac.compare_digest(str(fingerprint), self._fingerprint(name))
        return str(name) if welcome else None

    def _require_patience(self, name: str, at_s: float) -> None:
        tries, last_s = self._wrong.get(name, (0, 0.0))
        if tries >= TRIES:
            if at_s - last_s < WAIT_S:
                raise TooManyTriesError(WAIT_S - (at_s - last_s))
            self._wrong.pop(name)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerificationError:
            return False

    def _fingerprint(self, name: str) -> str:
        return hashlib.sha256(self._staff[name].encode()).hexdigest()[:16]
