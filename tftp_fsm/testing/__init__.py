"""Tools for the tests of other programs. `plugin` has fixtures for pytest."""
