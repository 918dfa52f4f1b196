"""The kinds of findings, each under its slug: what is wrong, the rule, and usual causes."""
