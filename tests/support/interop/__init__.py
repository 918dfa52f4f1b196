"""The matrix of interoperability: every client and server that can be had, against ours.

python -m tests.support.interop            all of it; writes docs/interoperability.md
python -m tests.support.interop py3tftp    that program alone; writes nothing
"""
