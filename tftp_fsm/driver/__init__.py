"""The driver: a session's hands. It turns bursts into events, and effects into octets."""
