"""What a server does beside its sessions: commands when they end, and metrics.

All this happens in a process of its own, for all workers together. The loop only hands a line to a
thread, so neither a command nor a reader of the metrics can hold it.
"""
