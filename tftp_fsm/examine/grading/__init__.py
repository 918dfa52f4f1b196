"""Grade clients: a server with sessions that follow a script, and a card for each student."""
