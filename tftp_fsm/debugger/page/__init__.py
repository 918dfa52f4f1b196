"""A run as one HTML page that steps forwards and backwards."""
