"""Every order of events, tried on the tables that run."""
