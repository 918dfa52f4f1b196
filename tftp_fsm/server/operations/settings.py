"""The settings of the commands and of the metrics."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import socket

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import reason, sentence
from tftp_fsm.transports.resolve import family_of, resolve
from tftp_fsm.wire.address import Address

AT_A_TIME = 4  # commands
SECONDS = 60.0  # for one command
LOOPBACK = "127.0.0.1"


@frozen
class Operations:
    """The command with its arguments, and the address of the metrics. Both are optional.

    At most `at_a_time` commands run at the same time, each for at most `seconds` seconds. The
    address of the metrics must be on the loopback, unless `anywhere` is set.
    """

    command: tuple[str, ...] = ()
    at_a_time: int = AT_A_TIME
    seconds: float = SECONDS
    metrics: Address | None = None
    anywhere: bool = False


def address_of(text: str) -> Address:
    """Read an address such as `9469`, `127.0.0.1:9469` or `[::1]:9469`. Raises ValueError."""
    parts = re.fullmatch(r"(?:(?:\[([^\[\]]+)\]|([^:\[\]]+)):)?(\d{1,5})", text)
    if parts is None or int(parts[3]) > 65535:
        raise ValueError(
            sentence("{text!r} is not a port, or ADDRESS:PORT, or [ADDRESS]:PORT", text=text)
        )
    return (parts[1] or parts[2] or LOOPBACK, int(parts[3]))


def check_command(command: tuple[str, ...]) -> None:
    """Raise LocalError if the program does not exist, or this user may not run it."""
    if command and shutil.which(command[0]) is None:
        why = sentence("it was not found")
        if os.path.exists(command[0]):
            why = sentence("this user may not run it")
        raise LocalError(
            sentence("cannot run the program {command}: {why}", command=brief(command[0]), why=why),
            setting="on_done",
        )


def bind_metrics(operations: Operations) -> socket.socket | None:
    """Return a socket that listens at the address of the metrics. Raises LocalError."""
    if operations.metrics is None:
        return None
    address = resolve(*operations.metrics[:2])[0]
    shown = sentence("{host} port {port}", host=brief(address[0]), port=address[1])
    is_loopback = ipaddress.ip_address(address[0].partition("%")[0]).is_loopback
    if not is_loopback and not operations.anywhere:
        why = sentence(
            "other hosts could read the metrics at {where}: use an address of the loopback, or"
            " allow other hosts to read them",
            where=shown,
        )
        raise LocalError(why, setting="metrics_anywhere")
    sock = socket.socket(family_of(address), socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen()
    except OSError as failed:
        sock.close()
        why = sentence(
            "cannot serve the metrics at {where}: {why}",
            where=shown,
            why=reason(failed),
        )
        raise LocalError(why, setting="metrics") from None
    return sock
