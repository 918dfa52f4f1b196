"""TFTP as a file system for fsspec. fsspec finds the class in `fs` by its entry point."""
