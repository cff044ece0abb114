"""The far end of a webhook, as the hotline would run it: what it answers 2xx for is in its file before.

python -m tests.faults.hotline ADDRESS PORT FILE
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from io import BufferedWriter


def receiving(file: BufferedWriter) -> type[BaseHTTPRequestHandler]:
    """Gives what takes one connection and notes what is told in `file`, one JSON object a line."""
    lock = Lock()

    class Receiving(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            line = {"at": time.time(), "key": self.headers["Idempotency-Key"], "body": json.loads(body)}
            with lock:
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                file.flush()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - says nothing
            return

    return Receiving


def main() -> None:
    """Receives until it is ended."""
    address, port, path = sys.argv[1:]
    with Path(path).open("ab") as file, ThreadingHTTPServer((address, int(port)), receiving(file)) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    main()
