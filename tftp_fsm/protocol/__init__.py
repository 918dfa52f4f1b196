"""The protocol: tables of rows, and the sessions that they move. No I/O and no clock.

An event goes into a session, and a step comes out. `session` has the method `handle` that does
this, `roles` has the four kinds of sessions, `tables` the rows that decide, and `machine` the
engine that runs the rows.
"""
