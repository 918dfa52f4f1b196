"""The client: `get` and `put` in `api`, one address asked at a time in `attempt`."""
