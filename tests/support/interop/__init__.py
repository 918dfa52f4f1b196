"""The matrix of interoperability: all available clients and servers with ours.

python -m tests.support.interop            runs all; writes docs/interoperability.md
"""
