"""The client. `api` has `get` and `put`, and `attempt` runs a session with one address."""
