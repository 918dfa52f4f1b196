"""Grading clients: a server whose sessions follow a script, and a card for each student."""
