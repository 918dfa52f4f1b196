"""Maps of names: rules that change, refuse or accept the names in requests."""
