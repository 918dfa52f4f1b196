"""Steps as JSON lines, and back again; steps, events and packets in words."""
