"""A real kamailio as the carrier: registrar with digest authentication, and proxy to the operator. In memory."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.sipp_operator import free_port, is_free

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_S = 15.0
REALM = "carrier.test"
PASSWORD = "right-password"

CONFIGURATION = """#!KAMAILIO
debug=2
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
server_signature=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
{listen_tls}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "nathelper.so"
loadmodule "xlog.so"
{load_tls}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 1)
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")

request_route {{
    force_rport();
    xlog("L_NOTICE", "got $rm from $fu by $proto\\n");
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        if (loose_route()) {{
            handle_ruri_alias();
            t_relay();
        }} else if (is_method("ACK") && t_check_trans()) {{
            t_relay();
        }}
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{realm}", "{password}", "0")) {{
            www_challenge("{realm}", "1");
            exit;
        }}
        fix_nated_register();
        save("location");
        xlog("L_NOTICE", "registered $fu\\n");
        exit;
    }}
    if (!is_method("INVITE")) {{
        sl_send_reply("405", "Method Not Allowed");
        exit;
    }}
    if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{
        proxy_challenge("{realm}", "1");
        exit;
    }}
    consume_credentials();
    record_route();
    set_contact_alias();
    $du = "sip:127.0.0.1:{operator}";
    t_relay();
}}
"""

TLS = """loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{papers}/broker.pem")
modparam("tls", "private_key", "{papers}/broker.key")
"""


@dataclass(slots=True, kw_only=True)
class Registrar:
    """One kamailio."""

    folder: Path
    operator: int
    papers: Path | None = None
    tls_host: str = "127.0.0.1"
    port: int = 0
    tls_port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        self.port, self.tls_port = self.port or free_port(), self.tls_port or free_port()
        tls = self.papers is not None
        configuration = self.folder / "kamailio.cfg"
        configuration.write_text(
            CONFIGURATION.format(
                port=self.port,
                operator=self.operator,
                realm=REALM,
                password=PASSWORD,
                listen_tls=f"enable_tls=yes\nlisten=tls:{self.tls_host}:{self.tls_port}" if tls else "",
                load_tls=TLS.format(papers=self.papers) if tls else "",
            ),
            encoding="utf-8",
        )
        with (self.folder / "kamailio.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["kamailio", "-DD", "-E", "-f", str(configuration), "-Y", str(self.folder), "-m", "32", "-M", "4"],
                stdout=log,
                stderr=log,
                env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"},
                start_new_session=True,  # it has children, which end with its group
            )
        give_up = time.monotonic() + START_S
        while is_free(self.port) or (tls and is_free(self.tls_port)):
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < give_up, self.log()
            time.sleep(0.02)

    def log(self) -> str:
        return (self.folder / "kamailio.log").read_text(encoding="utf-8", errors="replace")

    def registrations(self) -> int:
        """How often somebody registered."""
        return self.log().count("registered sip:")

    def kill(self) -> None:
        """End it and its children as a power cut would."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def registrars() -> Iterator[list[Registrar]]:
    """A list for the registrars of one test; they are ended with it."""
    started: list[Registrar] = []
    try:
        yield started
    finally:
        for registrar in started:
            if registrar.process is not None:
                registrar.kill()
