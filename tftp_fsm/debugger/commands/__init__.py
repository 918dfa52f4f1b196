"""The command language of the debugger, and its commands."""
