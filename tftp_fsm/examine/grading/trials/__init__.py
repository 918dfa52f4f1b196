"""The published list of trials."""
