"""One transfer with one setting. It is aborted after enough time or enough octets."""

from __future__ import annotations

import os
from random import Random
from time import perf_counter

from tftp_fsm.bench.plan import Budget, Sample, Setting, Target
from tftp_fsm.client.api import get, put
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import LEAST_PATIENCE, PATIENCE, RTO_INITIAL
from tftp_fsm.transports.tid import path_mtu
from tftp_fsm.wire.options import blksize_for_mtu

_SEED = 1350


class NetworkTransfer:
    """A `RunTransfer` over the network. Received octets are not kept, so no disk is measured."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._content = filling(target.size) if target.verb == "put" else b""

    def __call__(self, setting: Setting, budget: Budget) -> Sample:
        """Run one transfer. Raises the errors of `get` and `put`."""
        seen: list[Session] = []
        begun = perf_counter()

        def look(octets: int, total: int | None) -> None:
            if octets >= budget.octets or perf_counter() - begun >= budget.seconds:
                raise _Enough

        try:
            self._run(
                port=self._target.port,
                blksize=setting.blksize,
                windowsize=setting.windowsize,
                patience=patience_within(budget.seconds),
                progress=look,
                on_session=seen.append,
                dally=0.0,
            )
        except _Enough:
            pass
        return _sample(seen[-1], perf_counter() - begun)

    def _run(self, **keywords: object) -> None:
        target, asked = self._target, Keywords(**keywords)  # type: ignore[typeddict-item]
        if target.verb == "put":
            put(target.host, self._content, target.name, **asked)
            return
        with open(os.devnull, "wb", buffering=0) as nowhere:
            get(target.host, target.name, nowhere, **asked)


def filling(size: int) -> bytes:
    """Return `size` octets that cannot be compressed. They are always the same."""
    return Random(_SEED).randbytes(size)


def patience_within(seconds: float) -> float:
    """Return the patience: the share of time, but at least enough for a retransmission."""
    return min(max(seconds, LEAST_PATIENCE * RTO_INITIAL), PATIENCE)


class _Enough(Exception):
    """The share is used up. The transfer ends, and the server gets an ERROR."""


def _sample(session: Session, seconds: float) -> Sample:
    agreed = Setting(session.blksize, session.windowsize)
    return Sample(
        agreed=agreed,
        octets=session.counters.octets,
        seconds=seconds,
        retransmissions=session.counters.retransmissions,
        round_trip=session.timer.srtt,
        fits=_fits(session, agreed.blksize),
    )


def _fits(session: Session, blksize: int) -> bool:
    peer = session.peer
    mtu = path_mtu(peer) if peer is not None else None
    return mtu is None or peer is None or blksize <= blksize_for_mtu(mtu, 6 if len(peer) > 2 else 4)
