"""Examine a peer by sessions with a script: checks, findings, and the report card."""
