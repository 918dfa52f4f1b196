"""Texts of argparse and of operating systems. Only the tool for the catalogues imports them.


`tftp_fsm.cli.spoken` looks up the texts of argparse, and `tftp_fsm.language.reason` makes sentences
of a system's texts.
"""

from __future__ import annotations

from tftp_fsm.language import mark, sentence_n

ERRORS = (
    mark("Operation not permitted"),
    mark("No such file or directory"),
    mark("Input/output error"),
    mark("No such device or address"),
    mark("Bad file descriptor"),
    mark("Resource temporarily unavailable"),
    mark("Cannot allocate memory"),
    mark("Permission denied"),
    mark("File exists"),
    mark("No such device"),
    mark("Not a directory"),
    mark("Is a directory"),
    mark("Invalid argument"),
    mark("Too many open files in system"),
    mark("Too many open files"),
    mark("Text file busy"),
    mark("File too large"),
    mark("No space left on device"),
    mark("Illegal seek"),
    mark("Read-only file system"),
    mark("Broken pipe"),
    mark("File name too long"),
    mark("Directory not empty"),
    mark("Too many levels of symbolic links"),
    mark("Message too long"),
    mark("Operation not supported"),
    mark("Address family not supported by protocol"),
    mark("Address already in use"),
    mark("Cannot assign requested address"),
    mark("Network is down"),
    mark("Network is unreachable"),
    mark("No buffer space available"),
    mark("Connection timed out"),
    mark("Connection refused"),
    mark("Host is down"),
    mark("No route to host"),
    mark("Disk quota exceeded"),
    mark("Name or service not known"),
    mark("Temporary failure in name resolution"),
    mark("No address associated with hostname"),
    mark("Non-recoverable failure in name resolution"),
    mark("Address family for hostname not supported"),
    mark("nodename nor servname provided, or not known"),
)

ARGPARSE = (
    mark("usage: "),
    mark("positional arguments"),
    mark("options"),
    mark("%(heading)s:"),
    mark("show this help message and exit"),
    mark("show program's version number and exit"),
    mark("argument %(argument_name)s: %(message)s"),
    mark("unrecognized arguments: %s"),
    mark("ambiguous option: %(option)s could match %(matches)s"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"),
    mark("expected one argument"),
    mark("expected at most one argument"),
    mark("expected at least one argument"),
    sentence_n("expected %s argument", "expected %s arguments", 2),
    mark("invalid %(type)s value: %(value)r"),
    mark("the following arguments are required: %s"),
    mark("one of the arguments %s is required"),
    mark("not allowed with argument %s"),
    mark("ignored explicit argument %r"),
    mark("unexpected option string: %s"),
)
