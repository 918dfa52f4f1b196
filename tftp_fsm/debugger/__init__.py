"""The debugger: stop time, see why, try another way.

`stepper` goes through a world step by step, forwards and backwards. A world is both ends over a
simulated wire (`simulated`), one session of ours with a real peer (`live`), or a recorded trace
(`recorded`). `scenarios` are worlds worth looking at. The faces only show what a stepper knows:
`prompt` here, a terminal program and a page beside it.
"""
