"""Grade clients over a simulated network, and make the cards of real programs.

python -m tests.support.grading [NAME...]     grades the programs; writes docs/grade-cards.md
"""
