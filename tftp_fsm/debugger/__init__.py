"""The debugger: stop time, see why, try another way.

`stepper` goes through a world step by step, forwards and backwards. A world is two ends over a
simulated wire (`simulated`), one session of ours with a real peer (`live`), or a recorded trace
(`recorded`). `scenarios` has prepared worlds. The user interfaces only show the data of a stepper:
`prompt`, the full-screen program `tui`, and the HTML `page`.
"""
