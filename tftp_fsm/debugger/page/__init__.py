"""A run as one HTML page, which steps forwards and backwards."""
