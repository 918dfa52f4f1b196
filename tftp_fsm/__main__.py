"""`python -m tftp_fsm`: the same as `tftp-fsm`."""

from __future__ import annotations

from tftp_fsm.cli import command

if __name__ == "__main__":
    command()
