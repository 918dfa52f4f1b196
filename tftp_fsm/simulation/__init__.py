"""Both ends in one process, over a network and a clock in memory."""
