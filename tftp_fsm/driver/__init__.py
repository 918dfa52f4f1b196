"""The driver of a session: it turns bursts into events, and effects into octets."""
