"""Load the modules that a server imports late, while it still has the rights of root.

The process becomes another user, who may have no right to read root's Python, such as in
/root/.pyenv or with pipx.
"""

from __future__ import annotations

from importlib import import_module

LATE = (
    "bisect",
    "ctypes",
    "encodings.ascii",
    "encodings.idna",
    "logging",
    "random",
    "resource",
    "tempfile",
    "tftp_fsm.driver.frames",
    "tftp_fsm.driver.lockstep",
    "tftp_fsm.driver.windows",
    "tftp_fsm.providers.asked",
    "tftp_fsm.providers.guarded",
    "tftp_fsm.providers.maps.map",
    "tftp_fsm.providers.neighbours",
    "tftp_fsm.providers.parts",
    "tftp_fsm.providers.proxy",
    "tftp_fsm.providers.templates",
    "tftp_fsm.protocol.receiver",
    "tftp_fsm.protocol.sender",
    "tftp_fsm.storage.netascii",
    "tftp_fsm.storage.versions",
    "tftp_fsm.trace.failed_transfer",
    "tftp_fsm.trace.trace",
    "tftp_fsm.transports.carried",
    "tftp_fsm.transports.zones",
    "threading",
)


def load_late_imports() -> None:
    """Import them now. Every system on which a process can become another user has them."""
    for module in LATE:
        import_module(module)
