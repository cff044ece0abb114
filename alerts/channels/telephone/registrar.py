"""Which of a line's trunks are registered, and asking again where the registrar refused or was away.

baresip renews by the wall clock: when that is put back by hours, it renews hours late, and the trunk forgets the home.
So we count by the monotonic clock, and have it begin anew when no word of a renewal comes.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.channels.telephone.control import Event, Happened, Response, command
from alerts.channels.telephone.trunk import REGISTER_S, AccountRefused, account_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alerts.channels.telephone.trunk import Trunk

log = logging.getLogger("shouwang.telephone")

AGAIN_S = (5.0, 10.0, 20.0, 40.0, 60.0)
"""Pauses before a registration is tried again. baresip's own are 30 s and more, up to half an hour."""

REFUSED_AGAIN_S = 300.0
"""The same where the registrar refuses our password: a carrier that is asked too often locks the account."""

ANSWER_S = 40.0
"""How long baresip may take to say what came of an account that it was told. Source: our choice: RFC 3261's timer F is
32 s, after which it says that nobody answered."""

OVERDUE_S = 1.1 * REGISTER_S
"""A registration that was not renewed for so long is asked for anew. Source: our choice; baresip renews at 0.9."""


class Standing(StrEnum):
    """How a trunk stands."""

    ASSUMED = "assumed"  # it wants no registration: a call will show
    ASKING = "asking"
    REGISTERED = "registered"
    FAILED = "failed"


@dataclass(slots=True)
class _Account:
    trunk: Trunk
    standing: Standing = Standing.ASKING
    why: str = ""
    failures: int = 0
    again: asyncio.TimerHandle | None = None
    overdue: asyncio.TimerHandle | None = None


class Registrations:
    """The accounts of one baresip.

    Args:
        trunks: in the order of preference.
        write: gives baresip a command.
        next_hop: "host:port" of the TCP port that leads to a trunk; "" to go there directly.
        busy: says whether a call is under way, which no account is renewed in.
    """

    def __init__(
        self,
        trunks: Sequence[Trunk],
        write: Callable[[bytes], None],
        *,
        next_hop: Callable[[Trunk], str],
        busy: Callable[[], bool],
    ) -> None:
        self._accounts = {trunk.address: _Account(trunk) for trunk in trunks}
        self._write = write
        self._next_hop = next_hop
        self._busy = busy

    def begin(self) -> None:
        """Tell a new baresip its accounts."""
        for account in self._accounts.values():
            account.failures = 0
            self._ask(account)

    def end(self) -> None:
        """Forget what a dead baresip had registered."""
        for account in self._accounts.values():
            for timer in (account.again, account.overdue):
                if timer is not None:
                    timer.cancel()
            account.again = account.overdue = None
            account.standing, account.why = Standing.ASKING, "baresip is down"

    def hear(self, event: Event) -> None:
        """Take what a registrar said."""
        account = self._accounts.get(event.account)
        if account is None:
            return
        if event.what is Happened.REGISTERED:
            self._stand(account, Standing.REGISTERED, "")
            account.failures = 0
            self._expect_word(account, OVERDUE_S)
        else:
            self._fail(account, event.text)

    def failed(self, trunk: Trunk, why: str) -> None:
        """Take that nothing gets through to a trunk."""
        self._fail(self._accounts[trunk.address], why)

    def answered(self, response: Response) -> None:
        """Take baresip's answer to an account that it was told."""
        account = self._accounts.get(response.tag)
        if account is not None and not response.ok:
            self._stand(account, Standing.FAILED, "baresip does not take the account: check user name and domain")

    def standing(self, trunk: Trunk) -> Standing:
        """Say how a trunk stands."""
        return self._accounts[trunk.address].standing

    def trouble(self) -> str:
        """Say why no trunk can be relied on; "" when one can."""
        if {Standing.ASSUMED, Standing.REGISTERED}.intersection(each.standing for each in self._accounts.values()):
            return ""
        return "; ".join(
            f"trunk {account.trunk.name} is {account.standing}: {account.why}" for account in self._accounts.values()
        )

    def in_order(self) -> list[Trunk]:
        """Give the trunks, those that should work first: a registrar may be away while its calls go through."""
        accounts = sorted(self._accounts.values(), key=lambda account: account.standing is Standing.FAILED)
        return [account.trunk for account in accounts]

    def unreached(self) -> bool:
        """Say whether every trunk failed, and none by a word of its registrar's: nothing gets through to any."""
        return all(each.standing is Standing.FAILED and not _refused(each.why) for each in self._accounts.values())

    def _ask(self, account: _Account) -> None:
        account.again = None
        try:
            line = account_of(account.trunk, next_hop=self._next_hop(account.trunk))
        except AccountRefused as error:
            self._stand(account, Standing.FAILED, str(error))
            return
        account.standing = Standing.ASKING if account.trunk.registers else Standing.ASSUMED
        self._write(command("uanew", line, tag=account.trunk.address))
        if account.trunk.registers:
            self._expect_word(account, ANSWER_S)

    def _expect_word(self, account: _Account, within_s: float) -> None:
        if account.overdue is not None:
            account.overdue.cancel()
        account.overdue = asyncio.get_running_loop().call_later(within_s, self._no_word, account)

    def _no_word(self, account: _Account) -> None:
        """Begin anew with an account of which baresip says nothing; a failure that it told is tried again anyway."""
        account.overdue = None
        if account.again is None:
            log.warning("trunk %s: no word of its registration; asking anew", account.trunk.name)
            self._ask_again(account)

    def _ask_again(self, account: _Account) -> None:
        if self._busy():
            account.again = asyncio.get_running_loop().call_later(AGAIN_S[0], self._ask_again, account)
            return
        self._write(command("uadel", account.trunk.address))
        self._ask(account)

    def _fail(self, account: _Account, why: str) -> None:
        self._stand(account, Standing.FAILED, why)
        if account.again is None:
            pause_s = AGAIN_S[min(account.failures, len(AGAIN_S) - 1)]
            account.failures += 1
            account.again = asyncio.get_running_loop().call_later(
                REFUSED_AGAIN_S if _refused(why) else pause_s, self._ask_again, account
            )

    def _stand(self, account: _Account, standing: Standing, why: str) -> None:
        if account.standing is not standing:
            log.info("trunk %s is %s%s", account.trunk.name, standing, f": {why}" if why else "")
        account.standing, account.why = standing, why


def _refused(why: str) -> bool:
    """Say whether a registrar has answered, and does not know us or our password."""
    return why[:3] in {"401", "403", "404", "407"}
