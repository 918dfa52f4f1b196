"""What the datagrams of a capture show before they belong to a transfer, and their words."""
