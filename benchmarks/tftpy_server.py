"""tftpy's server: tftpy_server.py HOST PORT ROOT."""

from __future__ import annotations

import sys

import tftpy

if __name__ == "__main__":
    tftpy.TftpServer(sys.argv[3]).listen(sys.argv[1], int(sys.argv[2]))
