"""Explore every order of events, with the same tables that the product runs."""
