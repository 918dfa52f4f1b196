"""TFTP as explicit finite-state machines."""
