"""The table of tolerance: how each end takes a packet with something odd at its end.

python -m tests.support.tolerance      asks ours and every peer here; writes docs/tolerance.md
"""
