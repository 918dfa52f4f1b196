"""Judge a transfer when it is over: how it ended, what is missing, and what is only a guess."""
