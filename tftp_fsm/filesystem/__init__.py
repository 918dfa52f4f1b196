"""TFTP as a file system for fsspec, which finds the class in `fs` by its entry point."""
