"""Reads pcap and pcapng, from the file down to UDP datagrams, in constant memory.

    with open("boot.pcap", "rb") as stream:
        capture = Capture(stream)
        for datagram in capture:
            datagram.number, datagram.at, datagram.source, datagram.to, datagram.octets
        capture.remarks                       # sentences about parts that could not be read

This package has its own reader. The last releases of dpkt and python-pcapng are from 2022, and
neither tells the fault of a damaged file in one line. The reader needs only a few fixed headers, so
`struct` is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tftp_fsm.lazy import lazily

if TYPE_CHECKING:
    from tftp_fsm.capture.reading.capture import Capture
    from tftp_fsm.capture.reading.datagram import Captured
    from tftp_fsm.capture.reading.icmp import Undelivered
else:  # a writer imports only the numbers of blocks
    __getattr__, __dir__ = lazily(
        __name__, {"capture": "Capture", "datagram": "Captured", "icmp": "Undelivered"}
    )

__all__ = ["Capture", "Captured", "Undelivered"]
