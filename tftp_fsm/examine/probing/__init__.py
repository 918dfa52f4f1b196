"""A courteous examination of a live server: sessions of ours, each with a twist, within limits."""
