"""A server as a program: its sockets, rights, signals, log and workers.

    serve(config, Service(user="tftp", workers=2, journal=Journal(print)))

After SIGTERM, SIGINT or SIGQUIT the server takes no new requests, and running transfers get
`config.grace` seconds. A second signal ends them at once. SIGUSR1 writes the counters. SIGHUP ends
a server whose terminal was closed; a server without a terminal writes a line and serves on.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.late_imports import load_late_imports
from tftp_fsm.server.listener import Listener, adopt, listen, spreads_load
from tftp_fsm.server.log import Journal
from tftp_fsm.server.loop import Loop
from tftp_fsm.server.rights import (
    UNPRIVILEGED,
    become,
    descriptor_limit,
    is_root,
    open_descriptors,
    raise_descriptor_limit,
    unprivileged_user,
)
from tftp_fsm.server.session_factory import open_root, sendable
from tftp_fsm.server.workers import Worker, close_listeners, run_workers, unblock_signals
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.trace.kept import check_folder
from tftp_fsm.transports.zones import host_text

_STOPS = ("SIGTERM", "SIGINT", "SIGQUIT")
_STOPPING = "{}: no new requests are taken; running transfers have {:g} s to end"
_NOTHING_TO_READ = "SIGHUP: there is no configuration to read again; serving goes on"
FIRST_PASSED = 3  # SD_LISTEN_FDS_START
_ONE_WORKER = (
    "warning: {} workers do not help: this system gives all requests to one process; one is started"
)
_BLKSIZE = "warning: blksize {} cannot be sent: this system sends blocks of {} octets at most"
RESERVED = 24  # descriptors for names that are looked up, for the log and for kept failures
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
_NOT_WRITABLE = (
    "warning: no file can be created in {} itself: permission denied; "
    "clients can only write into directories below it that allow it"
)


@frozen
class Service:
    """The settings of the process, beside those of the protocol.

    If root starts it, the process becomes `user`; without that `tftp`, or `nobody`.
    """

    journal: Journal
    user: str | None = None
    workers: int = 1


def serve(config: ServerConfig, service: Service) -> int:
    """Serve until a signal comes. Return the exit status. Raises LocalError if it cannot start."""
    with open_root(config) as root:
        passed = passed_descriptors()
        if passed and service.workers > 1:
            why = "several workers cannot share the sockets of LISTEN_FDS: have one worker"
            raise LocalError(why, setting="workers")
        _warn_of_blksize(config, service.journal)
        sets = _bound(config, passed, _useful_workers(service))
        try:
            rights = _give_up_root(service)
            _check_root(root, service)
            if config.writable and not root.takes_files:
                service.journal.event("warning", _NOT_WRITABLE.format(os.fspath(config.root)))
            _check_kept_failures(config, service.journal)
            root.sweep()
            raise_descriptor_limit(4 * config.max_sessions + 64)
            config = _within_descriptors(config, service.journal)
            hang_up = _hang_up(service.journal)
            runs = [_run(config, root, listeners, service.journal, hang_up) for listeners in sets]
            ready = partial(_announce, sets[0], config, service.journal, rights)
            return run_workers(runs, sets, ready, hang_up)
        finally:
            close_listeners(sets)


def _check_kept_failures(config: ServerConfig, journal: Journal) -> None:
    """Warn now, as the user that the server has become, and not at the first failure."""
    if config.keep_failures is None:
        return
    try:
        check_folder(config.keep_failures)
    except LocalError as wrong:
        journal.event("warning", f"warning: {wrong}")


def _useful_workers(service: Service) -> int:
    if service.workers == 1 or spreads_load():
        return service.workers
    service.journal.event("warning", _ONE_WORKER.format(service.workers))
    return 1


def _within_descriptors(config: ServerConfig, journal: Journal) -> ServerConfig:
    """The configuration with no more sessions than this process can open files for."""
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
    """The sockets that a service manager has passed (sd_listen_fds(3)), but not to children."""
    pid, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if not count.isdigit() or pid != str(os.getpid()):
        return range(0)
    return range(FIRST_PASSED, FIRST_PASSED + int(count))


def _bound(config: ServerConfig, passed: range, workers: int) -> list[list[Listener]]:
    """The listeners of each worker, bound to the same addresses."""
    if passed:
        return [adopt(passed, offload=config.offload)]
    sets = [listen(config, shared=workers > 1)]
    port = sets[0][0].address[1]
    sets.extend(listen(replace(config, port=port), joins=True) for _ in range(workers - 1))
    return sets


def _give_up_root(service: Service) -> str:
    """Become an unprivileged user, or the one that was named. What to say about that, or ""."""
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
    """Once more, because this process may have fewer rights now."""
    try:
        root.check()
    except LocalError as failed:
        if service.user is not None:
            raise
        raise LocalError(str(failed), setting="user") from None


def _announce(
    listeners: Sequence[Listener], config: ServerConfig, journal: Journal, rights: str
) -> None:
    for listener in listeners:
        host, port = host_text(listener.address), listener.address[1]
        access = "read-only"
        if config.writable:
            access = "writable, with overwriting" if config.overwrite else "writable"
        shown = f"[{host}]" if ":" in host else host
        journal.event(
            "listening",
            f"listening on {shown}:{port}, serving {os.fspath(config.root)} ({access})",
            address=host,
            port=port,
            pid=os.getpid(),
        )
    if rights:
        journal.event("rights", rights)


def _run(
    config: ServerConfig,
    root: ServedRoot,
    listeners: Sequence[Listener],
    journal: Journal,
    hang_up: Callable[[], bool],
) -> Worker:
    """The function that a worker runs. It calls `ready` once it handles signals."""

    def complain(line: str) -> None:
        journal.event("error", line)

    def run(ready: Callable[[], None]) -> int:
        loop = Loop(config, root, listeners, journal.report, complain, journal.refused)

        def counters() -> None:
            journal.counters(loop.totals.fields(len(loop.sessions)))

        with _signals(loop, config.grace, counters, journal, hang_up):
            ready()
            loop.run()
        counters()
        return 0

    return run


def _hang_up(journal: Journal) -> Callable[[], bool]:
    """What SIGHUP does: return whether the server ends, and say so if it does not."""
    is_from_terminal = _has_terminal()

    def hang_up() -> bool:
        if not is_from_terminal:
            journal.event("signal", _NOTHING_TO_READ)
        return is_from_terminal

    return hang_up


def _has_terminal() -> bool:
    """Whether this process has a controlling terminal, which sends SIGHUP when it is closed."""
    try:
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
    except (OSError, AttributeError):
        return False
    return True


@contextlib.contextmanager
def _signals(
    loop: Loop,
    grace: float,
    counters: Callable[[], None],
    journal: Journal,
    hang_up: Callable[[], bool],
) -> Iterator[None]:
    """Signals reach the loop while this context is open."""
    stops: list[int] = []

    def stop(number: int, _: object = None) -> None:
        stops.append(number)
        seconds = grace if len(stops) == 1 else 0.0
        line = _STOPPING.format(signal.Signals(number).name, seconds)
        loop.call_soon(lambda: journal.event("signal", line))
        loop.stop(seconds)

    def hung_up() -> None:
        if hang_up():
            stop(signal.SIGHUP)

    handlers: dict[int, Callable[[int, object], None]] = {
        getattr(signal, name): stop for name in _STOPS if hasattr(signal, name)
    }
    if hasattr(signal, "SIGUSR1"):
        handlers[signal.SIGUSR1] = lambda number, frame: loop.call_soon(counters)
        handlers[signal.SIGHUP] = lambda number, frame: loop.call_soon(hung_up)
    handled = (n for n in handlers if signal.getsignal(n) is not signal.SIG_IGN)
    before = {number: signal.signal(number, handlers[number]) for number in handled}
    before_fd = signal.set_wakeup_fd(loop.waker, warn_on_full_buffer=False)
    unblock_signals()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
