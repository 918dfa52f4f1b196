"""`tftp-fsm HOST` alone: an interactive client, with the commands that users of `tftp` know."""
