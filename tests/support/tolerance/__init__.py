"""The table of tolerance: how each end reacts to a packet with something odd at its end.

python -m tests.support.tolerance      tests ours and each installed peer; writes docs/tolerance.md
"""
