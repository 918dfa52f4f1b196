"""One transfer: a machine for each of its ends, open questions, and findings."""
