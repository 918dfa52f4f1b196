"""What a server may show and take: names, and the jail that no name leads out of."""
