"""The lab with Python in the browser: the code that builds it, and the code that runs there."""
