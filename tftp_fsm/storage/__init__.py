"""Sources read the files that are sent, and sinks write those that are received.

A server opens both through `served.jail.ServedRoot`.
"""

from tftp_fsm.storage.partial import FileSink
from tftp_fsm.storage.protocols import Buffer, Digest, Octets, Sink, Source
from tftp_fsm.storage.sinks import BytesSink, StreamSink, Writable, open_sink
from tftp_fsm.storage.sources import BytesSource, FileSource, Readable, open_source
from tftp_fsm.storage.wrapped import (
    ExactSink,
    HashingSink,
    HashingSource,
    NetasciiSink,
    NetasciiSource,
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
