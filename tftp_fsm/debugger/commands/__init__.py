"""What is typed at the debugger: a small language, and its commands."""
