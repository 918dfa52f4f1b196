"""The wire: packets (declared with construct), option negotiation, netascii. No I/O, no clock."""
