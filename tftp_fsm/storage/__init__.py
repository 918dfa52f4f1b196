"""Sources read the files that are sent, and sinks write those that are received.

A server opens both through `served.jail.ServedRoot`.
"""

from __future__ import annotations

from tftp_fsm.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.storage.netascii import NetasciiSink, NetasciiSource
    from tftp_fsm.storage.partial import FileSink
    from tftp_fsm.storage.protocols import Buffer, Digest, Octets, Readable, Sink, Source, Writable
    from tftp_fsm.storage.sinks import BytesSink, StreamSink, open_sink
    from tftp_fsm.storage.sources import BytesSource, FileSource, open_source
    from tftp_fsm.storage.wrapped import ExactSink, HashingSink, HashingSource
else:  # a type checker that saw `__getattr__` would let every name pass
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "netascii": "NetasciiSink NetasciiSource",
            "partial": "FileSink",
            "protocols": "Buffer Digest Octets Readable Sink Source Writable",
            "sinks": "BytesSink StreamSink open_sink",
            "sources": "BytesSource FileSource open_source",
            "wrapped": "ExactSink HashingSink HashingSource",
        },
    )

__all__ = [
    "Buffer",
    "BytesSink",
    "BytesSource",
    "Digest",
    "ExactSink",
    "FileSink",
    "FileSource",
    "HashingSink",
    "HashingSource",
    "NetasciiSink",
    "NetasciiSource",
    "Octets",
    "Readable",
    "Sink",
    "Source",
    "StreamSink",
    "Writable",
    "open_sink",
    "open_source",
]
