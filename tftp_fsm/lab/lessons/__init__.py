"""Six lessons: their questions and tasks, how the lab judges them, and their pages."""
