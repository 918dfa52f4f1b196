"""Read the words of a transfer's command line: the file, the host, and the destination."""

from __future__ import annotations

import os

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

VERBS = ("get", "put")


@frozen
class Task:
    """One transfer. `local` is a path or `-`. A name of None means the name of the other side."""

    verb: str
    host: str
    remote: bytes | None
    local: str | None
    port: int | None = None
    mode: str | None = None


class Wrong(ValueError):
    """The words describe no transfer. The message says how to describe one."""


def task_of(words: list[str], host: str | None) -> Task:
    """Return the transfer of the words. Raises Wrong or another ValueError for wrong words."""
    if not words:
        raise Wrong(
            sentence("there is nothing to do; for example: tftp-fsm HOST get REMOTE [LOCAL]")
        )
    if "" in words:
        raise Wrong(sentence("an argument is empty: give a name for the host and each file"))
    if host is not None:
        return _with_host(host, words)
    if _has_url(words):
        return _with_url(words)
    if words[0] in VERBS and words[1:2] not in (["get"], ["put"]):  # a host may have such a name
        verb = words[0]
        names, url = _NAMES[verb]
        raise Wrong(
            sentence(
                "{verb} needs a host and a name: HOST {verb} {names}, or {verb} {url}",
                verb=verb,
                names=names,
                url=url,
            )
        )
    return _with_host(words[0], words[1:])


_NAMES = {
    "get": ("REMOTE [LOCAL]", "tftp://HOST/REMOTE"),
    "put": ("LOCAL [REMOTE]", "LOCAL tftp://HOST/REMOTE"),
}


def _with_host(host: str, words: list[str]) -> Task:
    if not words or words[0] not in VERBS:
        if not words:
            raise Wrong(sentence("the host {host!r} must be followed by get or put", host=host))
        raise Wrong(
            sentence(
                "the host {host!r} must be followed by get or put, not {word!r}",
                host=host,
                word=words[0],
            )
        )
    check_host(host)
    verb, *names = words
    if not 1 <= len(names) <= 2:
        raise Wrong(_too_many(verb, len(names)))
    other = names[1] if len(names) == 2 else None
    if verb == "get":
        return Task(verb, host, os.fsencode(names[0]), other)
    return Task(verb, host, None if other is None else os.fsencode(other), names[0])


def _too_many(verb: str, count: int) -> str:
    """Return the message for too many names, or for none."""
    takes = _NAMES[verb][0]
    if verb == "put":
        return sentence("put takes {takes}, but {count} names were given", takes=takes, count=count)
    return sentence(
        "get takes {takes}, but {count} names were given; for several files add --into DIR",
        takes=takes,
        count=count,
    )


def check_host(host: str) -> None:
    """Raise Wrong if it is a host with a port."""
    name, colon, digits = host.partition(":")
    if colon and digits.isdigit():
        raise Wrong(
            sentence(
                "{host!r} is not a host; to give a port, write: {name} -p {digits}",
                host=host,
                name=name,
                digits=digits,
            )
        )


SEVERAL = ("into", "hosts", "parallel", "failures")


def asks_for_several(args: Namespace) -> bool:
    """Return whether the command line asks for more than one transfer."""
    is_named = any(getattr(args, name) is not None for name in SEVERAL)
    return is_named or sum(map(_is_url, args.words)) > 1


def _has_url(words: list[str]) -> bool:
    return len(words) > 1 and words[0] in VERBS and any(map(_is_url, words[1:]))


def _is_url(word: str) -> bool:
    """Return whether it is a URL of any scheme. `parse_url` refuses other schemes than TFTP."""
    scheme, colon, _ = word.partition("://")
    plain = scheme.translate(_IN_SCHEMES)
    return bool(colon) and scheme[:1].isalpha() and plain.isalnum() and plain.isascii()


_IN_SCHEMES = str.maketrans("+.-", "000")  # RFC 3986 section 3.1


def _with_url(words: list[str]) -> Task:
    from tftp_fsm.client.url import parse_url

    verb, *names = words
    place = 0 if verb == "get" else 1
    if len(names) > 2 or len(names) <= place or not _is_url(names[place]):
        raise Wrong(sentence("with a URL, write: get URL [LOCAL], or put LOCAL URL"))
    url = parse_url(names[place])
    if verb == "get" and not url.name:
        raise Wrong(
            sentence(
                "{url!r} has no file name: write tftp://{host}/name",
                url=names[place],
                host=url.host,
            )
        )
    local = names[1 - place] if len(names) == 2 else None
    name = None if verb == "put" and not url.name else url.name
    return Task(verb, url.host, name, local, url.port, url.mode)


# -- Files that must be different -----------------------------------------------------------------


def check_records(task: Task, records: Mapping[str, str | None]) -> None:
    """Raise Wrong if the file of an option is the transferred file.

    Also raise it if two options name one file.
    """
    if not any(records.values()):
        return
    from tftp_fsm.cli.files import collision, is_one_file, would_overwrite

    place = _place(task)
    for option, path in records.items():
        if is_one_file(path, place) or (task.verb == "put" and would_overwrite(path, place)):
            raise Wrong(
                sentence(
                    "{option} would overwrite the file that is transferred: name another file",
                    option=option,
                )
            )
    why = collision(records)
    if why is not None:
        raise Wrong(why)


def _place(task: Task) -> str:
    """The path of the local file."""
    from tftp_fsm.client.names import base_name, local_path

    if task.verb == "get" and is_stdout(task.local):
        return "/dev/stdout"
    if task.verb == "put" or task.remote is None:
        return task.local or ""
    local = base_name(task.remote) if task.local is None else task.local
    return local_path(local, task.remote)


def is_stdout(local: str | None) -> bool:
    """Return whether the file goes to stdout, where the result is usually printed."""
    from tftp_fsm.storage.descriptors import STDOUT, own_descriptor

    return local == "-" or (local is not None and own_descriptor(local) == STDOUT)
