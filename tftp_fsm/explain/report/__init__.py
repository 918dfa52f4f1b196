"""Tell the findings: a report, plain facts, comments in a capture, and the files."""
