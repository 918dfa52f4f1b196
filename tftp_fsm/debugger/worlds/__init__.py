"""The worlds that the debugger steps: two simulated ends, a real peer, or a recorded trace."""
