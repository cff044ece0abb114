"""`python -m gateway.demo.broker PORT`: the demo's MQTT broker, on loopback only, in a process of its own."""

from __future__ import annotations

import logging
import sys

from iotcore import Broker

LARGEST_BYTES = 65_536
"""Source: `message_max_bytes` of config/limits.toml and `LARGEST_BYTES` of alerts/wire.py."""


def main() -> None:
    """Serve until ended by a signal."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)  # it logs every packet as an error
    Broker(listen="127.0.0.1", port=int(sys.argv[1]), max_payload_size=LARGEST_BYTES).run_forever()


if __name__ == "__main__":
    main()
