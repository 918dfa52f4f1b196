"""Reads pcap and pcapng, from the file down to UDP datagrams, in constant memory.

    with open("boot.pcap", "rb") as stream:
        capture = Capture(stream)
        for datagram in capture:
            datagram.number, datagram.at, datagram.source, datagram.to, datagram.octets
        capture.remarks                       # what could not be read, in words

The reader is our own. The last releases of dpkt and python-pcapng are of 2022, and neither says in
one line what is wrong with a damaged file. What is read here is a few fixed headers, for which
`struct` is enough.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.capture import Capture
from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.capture.reading.icmp import Undelivered

__all__ = ["Capture", "Captured", "Undelivered"]
