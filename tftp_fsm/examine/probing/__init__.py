"""A polite examination of a live server: our sessions, each with a changed network, in limits."""
