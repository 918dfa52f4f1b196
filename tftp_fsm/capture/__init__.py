"""Captures: the datagrams of transfers as pcapng. Each has its reason as a comment."""
