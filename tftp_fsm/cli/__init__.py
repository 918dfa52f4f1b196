"""The commands of the command line. `tftp_fsm/__main__.py` chooses one of them."""
