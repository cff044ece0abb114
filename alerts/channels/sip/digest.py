"""The answer to a SIP challenge: digest authentication by RFC 7616 and RFC 8760. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.channels.sip.message import Response

UNAUTHORIZED, PROXY_AUTHENTICATION = 401, 407

_ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_STRONGEST_FIRST = ("SHA-256", "MD5")
_PARAMETER = re.compile(r'([A-Za-z0-9_-]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.){0,1024})"|([^\s,"]{1,256}))')


class DigestError(Exception):
    """A challenge that we cannot answer; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What the far end wants to be proved.

    Args:
        realm, nonce, opaque: as it wrote them; opaque "" for none.
        algorithm: "MD5" or "SHA-256".
        qop: whether it offers `auth`; without, RFC 2069's older form is used.
        proxy: whether a proxy asks, and not the centre itself.
    """

    realm: str
    nonce: str
    opaque: str
    algorithm: str
    qop: bool
    proxy: bool


def challenge_of(response: Response) -> Challenge:
    """Read the strongest challenge that we can answer.

    Raises:
        DigestError: there is none.
    """
    proxy = response.code == PROXY_AUTHENTICATION
    offered = response.headers.every("proxy-authenticate" if proxy else "www-authenticate")
    read = [challenge for value in offered if (challenge := _read(value, proxy=proxy)) is not None]
    for algorithm in _STRONGEST_FIRST:
        for challenge in read:
            if challenge.algorithm == algorithm:
                return challenge
    raise DigestError("the centre asks for an authentication that is not digest with MD5 or SHA-256")


def credentials(  # noqa: PLR0913 - RFC 7616 makes the answer of exactly these
    challenge: Challenge, *, user: str, password: str, method: str, uri: str, cnonce: str
) -> tuple[str, str]:
    """Give the header that answers a challenge: its name and value (RFC 7616, 3.4).

    Args:
        challenge: of `challenge_of`.
        user: our name.
        password: ours.
        method: of the request that carries the header.
        uri: of that request.
        cnonce: random, used once.
    """

    def digest(text: str) -> str:
        return _ALGORITHMS[challenge.algorithm](text.encode(), usedforsecurity=False).hexdigest()

    secret = digest(f"{user}:{challenge.realm}:{password}")
    asked = digest(f"{method}:{uri}")
    middle = f"{challenge.nonce}:00000001:{cnonce}:auth" if challenge.qop else challenge.nonce
    told = {"username": user, "realm": challenge.realm, "nonce": challenge.nonce, "uri": uri}
    told["response"] = digest(f"{secret}:{middle}:{asked}")
    if challenge.opaque:
        told["opaque"] = challenge.opaque
    if challenge.qop:
        told["cnonce"] = cnonce
    value = "Digest " + ", ".join(f'{name}="{_quoted(text)}"' for name, text in told.items())
    value += f", algorithm={challenge.algorithm}" + (", qop=auth, nc=00000001" if challenge.qop else "")
    return ("Proxy-Authorization" if challenge.proxy else "Authorization"), value


def _read(value: str, *, proxy: bool) -> Challenge | None:
    scheme, _, parameters = value.partition(" ")
    told = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted or not plain else plain
        for name, quoted, plain in _PARAMETER.findall(parameters)
    }
    algorithm = told.get("algorithm", "MD5").upper()
    offers = [offer.strip().lower() for offer in told.get("qop", "").split(",") if offer.strip()]
    if scheme.lower() != "digest" or not told.get("nonce") or algorithm not in _ALGORITHMS:
        return None
    if offers and "auth" not in offers:
        return None
    return Challenge(
        realm=told.get("realm", ""),
        nonce=told["nonce"],
        opaque=told.get("opaque", ""),
        algorithm=algorithm,
        qop="auth" in offers,
        proxy=proxy,
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
