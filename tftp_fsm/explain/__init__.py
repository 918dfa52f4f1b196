"""Explain captures: find the transfers, tell how each went, and name the broken rules."""
