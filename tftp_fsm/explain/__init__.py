"""Explains captures: which transfers are in them, how each went, and where it left the rules."""
