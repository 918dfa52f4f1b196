"""Captures: the datagrams of transfers as pcapng, each with the reason for it as a comment."""
