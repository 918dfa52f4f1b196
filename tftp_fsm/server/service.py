"""A server as a program: its sockets, rights, signals, log and workers.

    serve(config, Service(user="tftp", workers=2, journal=Journal(print)))

After SIGTERM, SIGINT or SIGQUIT the server takes no new requests, and running transfers get
`config.grace` seconds. A second signal ends them at once (`signals` has the others).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.late_imports import load_late_imports
from tftp_fsm.server.listener import Listener, adopt, listen, spreads_load
from tftp_fsm.server.log import Journal, Report
from tftp_fsm.server.loop import Loop
from tftp_fsm.server.notify import Notifier
from tftp_fsm.server.reload import Current, Reread, check_kept_failures
from tftp_fsm.server.rights import (
    UNPRIVILEGED,
    become,
    descriptor_limit,
    is_root,
    open_descriptors,
    raise_descriptor_limit,
    unprivileged_user,
)
from tftp_fsm.server.session_factory import sendable
from tftp_fsm.server.signals import HangUp, Signals
from tftp_fsm.server.workers import Worker, close_listeners, run_workers
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.transports.zones import host_text
from tftp_fsm.wire.address import bracketed

if TYPE_CHECKING:
    from tftp_fsm.server.operations.courier import Courier
    from tftp_fsm.server.operations.process import Beside, Prepared
    from tftp_fsm.server.operations.settings import Operations

FIRST_PASSED = 3  # SD_LISTEN_FDS_START
_ONE_WORKER = (
    "warning: {} workers do not help: this system gives all requests to one process; one is started"
)
_BLKSIZE = "warning: blksize {} cannot be sent: this system sends blocks of {} octets at most"
RESERVED = 24  # descriptors to look up names, for the log and for kept failures
_FEW_DESCRIPTORS = (
    "warning: this process may open {} files, which is enough for {} sessions at a time, not {}: "
    "raise the limit (ulimit -n)"
)
_BECAME = "started as root; it has become the user {}"
_BECAME_BY_DEFAULT = (
    "started as root; it has become the user {}, who opens all files "
    "(the option user names another; root keeps the rights of root)"
)
_KEEPS_ROOT = "warning: it has the rights of root, because the option user says so"
_NO_USER = "warning: it has the rights of root, because there is no user {}"
_NO_TEMPORARY = (
    "warning: {}; files of a proxy cannot be fetched, nor large ones of a provider be sent"
)
_NOT_WRITABLE = (
    "warning: no file can be created in {} itself: permission denied; "
    "clients can only write into directories below it that allow it"
)


@frozen
class Service:
    """The settings of the process. Those of the protocol are in `ServerConfig`.

    If root starts it, the process becomes `user`. The default is `tftp`, or else `nobody`. `reread`
    reads the configuration again; it is None if the configuration is in no file. `operations` has
    the commands and the metrics.
    """

    journal: Journal
    user: str | None = None
    workers: int = 1
    reread: Callable[[], Reread] | None = None
    operations: Operations | None = None


def serve(config: ServerConfig, service: Service) -> int:
    """Serve until a signal comes. Return the exit status. Raises LocalError if start fails."""
    notifier = Notifier.of_environment()
    with Current(config, service.reread) as current:
        passed = passed_descriptors()
        if passed and service.workers > 1:
            why = sentence("several workers cannot share the sockets of LISTEN_FDS: use one worker")
            raise LocalError(why, setting="workers")
        _warn_of_blksize(config, service.journal)
        prepared = _prepared(service)
        sets = _bound(config, passed, _useful_workers(service))
        try:
            rights = _give_up_root(service)
            _check_root(current.root, service)
            if config.writable and not current.root.takes_files:
                service.journal.event("warning", _NOT_WRITABLE.format(os.fspath(config.root)))
            check_kept_failures(config.keep_failures, service.journal)
            _check_temporary(config, service.journal)
            current.root.sweep()
            raise_descriptor_limit(4 * config.max_sessions + 64)
            current.config = _within_descriptors(config, service.journal)
            with _beside(prepared, service.journal, sets) as beside:
                return _run(current, service, sets, beside, notifier, rights)
        finally:
            close_listeners(sets)


def _prepared(service: Service) -> Prepared | None:
    """Prepare commands and metrics as root, if they are configured. Else return None."""
    if service.operations is None:
        return None
    from tftp_fsm.server.operations.process import Prepared

    return Prepared(service.operations)


@contextlib.contextmanager
def _beside(
    prepared: Prepared | None, journal: Journal, sets: Sequence[Sequence[Listener]]
) -> Iterator[Beside | None]:
    """Run the process for commands and metrics while this context is open, if it is needed."""
    if prepared is None:
        yield None
        return
    beside = prepared.start(len(sets), journal, partial(close_listeners, sets))
    try:
        yield beside
    finally:
        beside.close()


def _run(
    current: Current,
    service: Service,
    sets: Sequence[Sequence[Listener]],
    beside: Beside | None,
    notifier: Notifier,
    rights: str,
) -> int:
    """Run the workers, or a single worker in this process."""
    hang_up = HangUp(current, service.journal, notifier)
    is_single = len(sets) == 1

    def ready() -> None:
        hang_up.status = _announce(sets[0], current.config, service.journal)
        if rights:
            service.journal.event("rights", rights)
        if beside is not None:
            beside.announce(service.journal)
        notifier.ready(hang_up.status)

    def signals(loop: Loop, counters: Callable[[], None]) -> Signals:
        if is_single:
            return Signals(loop, current, service.journal, counters, notifier, hang_up)
        return Signals(loop, current, service.journal, counters, Notifier())

    couriers = [None if beside is None else beside.courier(n, current) for n in range(len(sets))]
    runs = [
        _worker(current, listeners, service.journal, signals, courier)
        for listeners, courier in zip(sets, couriers, strict=True)
    ]
    hung_up = partial(hang_up.heard, lambda config, root: None)
    return run_workers(runs, sets, ready, hung_up, notifier.stopping)


def _check_temporary(config: ServerConfig, journal: Journal) -> None:
    """Warn if no unnamed file can be made, as in a container with a read-only file system."""
    if config.proxy is None and config.provider is None:
        return
    import tempfile

    try:
        tempfile.gettempdir()
    except FileNotFoundError as wrong:
        journal.event("warning", _NO_TEMPORARY.format(wrong.strerror))


def _useful_workers(service: Service) -> int:
    if service.workers == 1 or spreads_load():
        return service.workers
    service.journal.event("warning", _ONE_WORKER.format(service.workers))
    return 1


def _within_descriptors(config: ServerConfig, journal: Journal) -> ServerConfig:
    """Return the configuration with only as many sessions as there are descriptors for."""
    limit = descriptor_limit()
    if limit is None or config.max_descriptors is not None:
        return config
    left = max(1, limit - open_descriptors() - RESERVED)
    within = replace(config, max_descriptors=left)
    if within.places < config.max_sessions:
        journal.event("warning", _FEW_DESCRIPTORS.format(limit, within.places, config.max_sessions))
    return within


def _warn_of_blksize(config: ServerConfig, journal: Journal) -> None:
    most = sendable(config.limits).blksize
    if config.max_blksize is not None and most < config.max_blksize:
        journal.event("warning", _BLKSIZE.format(config.max_blksize, most))


def passed_descriptors() -> range:
    """Return the sockets that a service manager has passed to us (sd_listen_fds(3))."""
    pid, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if not count.isdigit() or pid != str(os.getpid()):
        return range(0)
    return range(FIRST_PASSED, FIRST_PASSED + int(count))


def _bound(config: ServerConfig, passed: range, workers: int) -> list[list[Listener]]:
    """Return the listeners of each worker. All workers have the same addresses."""
    if passed:
        return [adopt(passed, offload=config.offload)]
    sets = [listen(config, shared=workers > 1)]
    port = sets[0][0].address[1]
    sets.extend(listen(replace(config, port=port), joins=True) for _ in range(workers - 1))
    return sets


def _give_up_root(service: Service) -> str:
    """Become the named user, or an unprivileged one. Return a message about it, or ""."""
    was_root = is_root()
    user = service.user or (unprivileged_user() if was_root else None)
    if user is not None:
        load_late_imports()
        become(user)
    if not was_root:
        return ""
    if is_root():
        return _KEEPS_ROOT if service.user else _NO_USER.format(" or ".join(UNPRIVILEGED))
    return (_BECAME if service.user else _BECAME_BY_DEFAULT).format(user)


def _check_root(root: ServedRoot, service: Service) -> None:
    """Check the root directory again, because this process may have fewer rights now."""
    try:
        root.check()
    except LocalError as failed:
        if service.user is not None:
            raise
        raise LocalError(str(failed), setting="user") from None


def _announce(listeners: Sequence[Listener], config: ServerConfig, journal: Journal) -> str:
    """Write a line for each address. Return the last one."""
    line = ""
    for listener in listeners:
        host, port = host_text(listener.address), listener.address[1]
        access = "read-only"
        if config.writable:
            access = "writable, with overwriting" if config.overwrite else "writable"
        line = f"listening on {bracketed(host)}:{port}, serving {os.fspath(config.root)} ({access})"
        journal.event("listening", line, address=host, port=port, pid=os.getpid())
    return line


def _worker(
    current: Current,
    listeners: Sequence[Listener],
    journal: Journal,
    signals: Callable[[Loop, Callable[[], None]], Signals],
    courier: Courier | None,
) -> Worker:
    """Return the function that a worker runs. It calls `ready` once it handles signals."""

    def complain(line: str) -> None:
        journal.event("error", line)

    def run(ready: Callable[[], None]) -> int:
        def report(report: Report) -> None:
            journal.report(report)
            if courier is not None:
                courier.report(report)

        loop = Loop(current.config, current.root, listeners, report, complain, journal.refused)

        def counters() -> None:
            journal.counters(loop.totals.fields(len(loop.sessions)))

        if courier is not None:
            courier.start(loop, complain)
        with signals(loop, counters).reach_the_loop():
            ready()
            loop.run()
        counters()
        if courier is not None:
            courier.close()
        return 0

    return run
