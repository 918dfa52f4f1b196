"""`python -m tftp_fsm`: the same as `tftp-fsm`."""

from __future__ import annotations

import sys

from tftp_fsm.cli import main

if __name__ == "__main__":
    sys.exit(main())
