"""The files that a server may send and receive: checks of their names, and the served root."""
