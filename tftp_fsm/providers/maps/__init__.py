"""Maps of names: rules that change, refuse or pass the names that clients ask for."""
