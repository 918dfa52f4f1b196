"""The full-screen program: ladder, machine, packet, variables, and what can happen next.

    app.run(debugger)                # until the user leaves; returns the exit status

It shows what the debugger knows, and a key does what a line of the command language would do. It
needs textual, which the extra `tui` installs; only the modules of this folder import textual.
"""
