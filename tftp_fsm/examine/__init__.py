"""Examining a peer by sessions with a script: checks, what was found, and the report card."""
