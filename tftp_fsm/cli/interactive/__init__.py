"""`tftp-fsm HOST` without a verb: an interactive client with the commands of `tftp`."""
