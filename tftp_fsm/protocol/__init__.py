"""The protocol: rows and tables, and the sessions that they move. No I/O, no clock.

An event goes in, a step comes out: `session` has the one door, `roles` the four sessions,
`tables` the rows that decide, `machine` the engine that runs them.
"""
