"""The lab with its Python in the browser: what builds it, and what runs there."""
