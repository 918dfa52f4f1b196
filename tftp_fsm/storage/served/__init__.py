"""The files that a server may send and receive: their names, and the jail around them."""
