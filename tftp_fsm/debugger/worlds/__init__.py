"""Worlds: what the debugger steps. Two simulated ends, one real peer, or a recorded trace."""
