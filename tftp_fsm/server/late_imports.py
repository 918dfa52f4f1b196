"""What a server imports only when it needs it, loaded while it still has the rights of root.

The user that it becomes may have no right to read root's Python, as in /root/.pyenv or with pipx.
"""

from __future__ import annotations

from importlib import import_module

LATE = (
    "encodings.ascii",
    "encodings.idna",
    "logging",
    "random",
    "resource",
    "tempfile",
    "tftp_fsm.trace.kept",
    "tftp_fsm.trace.trace",
    "tftp_fsm.transports.carried",
    "tftp_fsm.transports.zones",
)


def load_late_imports() -> None:
    """Import them now. A system that becomes another user has all of them."""
    for module in LATE:
        import_module(module)
