"""The tasks of a server beside its sessions: commands when sessions end, and metrics.

One separate process does this for all workers. The loop only hands a line to a thread, so neither a
command nor a reader of the metrics can delay it.
"""
