"""`tftp-fsm HOST get FILE` and `tftp-fsm HOST put FILE`."""

from __future__ import annotations

from tftp_fsm.cli.common import make_parser


def main(argv: list[str]) -> int:
    """Move one file; the exit status."""
    make_parser("tftp-fsm", "Move a file by TFTP.").parse_args(argv)
    return 0
