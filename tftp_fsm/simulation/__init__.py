"""Both ends of a transfer in one process, with a network and a clock in memory."""
