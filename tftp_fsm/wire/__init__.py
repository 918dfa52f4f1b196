"""The wire: packets, option negotiation and netascii. No I/O and no clock."""
