"""Tell whether golden files are written again. They hold the expected output of a program.

`make rewrite` sets TFTP_FSM_UPDATE_GOLDENS=1. Read the difference before you commit it.
"""

from __future__ import annotations

import os

UPDATE = os.environ.get("TFTP_FSM_UPDATE_GOLDENS") == "1"
