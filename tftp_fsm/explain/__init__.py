"""Explain captures: find the transfers, tell how each went, and name the broken rules.

The modules here take a capture from its first datagram to its last. `reader` begins, and `flows`
finds the transfer of each datagram. The folders, from the lowest to the highest:

    kinds      the kinds of findings: what is wrong, the rule, and usual causes
    packets    what a datagram shows before it belongs to a transfer
    transfer   one transfer: a machine for each of its ends, open questions, findings
    judging    judge each packet when it comes; `follower` hands it to both machines
    closing    judge a transfer that is over; `outcome` finds out how it ended
    report     tell the findings: as sentences, as plain facts, as comments, as files
"""
