"""Read words that ask for several transfers. The result is one task for each.

    tftp-fsm HOST get A B C --into DIR
    tftp-fsm get tftp://h1/a tftp://h2/b --into DIR
    tftp-fsm put FILE tftp://h1/ tftp://h2/
    tftp-fsm put FILE [REMOTE] --hosts LIST
    tftp-fsm get NAME --hosts LIST --into DIR

A line of LIST is a host or a URL. After a URL and a tab there may be the local file of a get. The
list of failures has this form, so it can be used as a LIST.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from urllib.parse import quote

from tftp_fsm.cli.task import VERBS, Task, Wrong
from tftp_fsm.client.names import base_name
from tftp_fsm.client.url import TftpUrl, is_url, parse_url
from tftp_fsm.errors import LocalError
from tftp_fsm.language import reason, sentence
from tftp_fsm.wire.address import bracketed
from tftp_fsm.wire.packets import WELL_KNOWN_PORT


def tasks_of(args: Namespace) -> list[Task]:
    """Return the transfers. ValueError: the words describe none."""
    words = list(args.words)
    host = args.host
    if host is None and args.hosts is None and len(words) > 1 and words[0] not in VERBS:
        host = words.pop(0)
    if not words or words[0] not in VERBS:
        raise Wrong(sentence("for several transfers, begin the command with get, put or HOST get"))
    for name in ("trace", "pcap"):
        if getattr(args, name) is not None:
            raise Wrong(_only_for_one(f"--{name}"))
    if args.verbose:
        raise Wrong(_only_for_one("--verbose"))
    verb, *names = words
    found = _gets(args, host, names) if verb == "get" else _puts(args, host, names)
    if not found:
        raise Wrong(sentence("there is nothing to transfer: the list is empty"))
    _check_places(found)
    return found


def _only_for_one(option: str) -> str:
    return sentence(
        "{option} is for one transfer only: leave out --into, --hosts and --failures", option=option
    )


def _puts(args: Namespace, host: str | None, names: list[str]) -> list[Task]:
    if not names or is_url(names[0]):
        raise Wrong(sentence("put needs the name of a local file first: put LOCAL URL ..."))
    if args.into is not None:
        raise Wrong(sentence("--into is for get only: with put, write the remote name in the URL"))
    local, *rest = names
    if local == "-" or not os.path.basename(local):
        raise Wrong(sentence("{name!r} cannot be sent several times: name a file", name=local))
    remote = None
    if args.hosts is not None and rest and not is_url(rest[0]):
        remote = os.fsencode(rest.pop(0))
    if host is not None:
        raise Wrong(
            sentence("HOST put takes LOCAL [REMOTE]; for several hosts write: put LOCAL URL ...")
        )
    urls = [_target(url, "put") for url in rest] + [target for target, _ in _listed(args.hosts)]
    return [Task("put", url.host, url.name or remote, local, url.port, url.mode) for url in urls]


def _gets(args: Namespace, host: str | None, names: list[str]) -> list[Task]:
    found: list[Task] = []
    if args.hosts is not None:
        plain = [os.fsencode(word) for word in names if not is_url(word)]
        for url, place in _listed(args.hosts):
            for name in [url.name] if url.name else plain:
                local = place or _place(args.into, name, None if url.name else url.host)
                found.append(Task("get", url.host, name, local, url.port, url.mode))
            if not url.name and not plain:
                why = sentence(
                    "{host}: the name of the file is missing; write: get NAME --hosts {list}",
                    host=url.host,
                    list=args.hosts,
                )
                raise Wrong(why)
        names = [word for word in names if is_url(word)]
    for word in names:
        if host is not None:
            remote = os.fsencode(word)
            found.append(Task("get", host, remote, _place(args.into, remote)))
        else:
            url = _target(word, "get")
            local = _place(args.into, url.name)
            found.append(Task("get", url.host, url.name, local, url.port, url.mode))
    return found


def _target(word: str, verb: str) -> TftpUrl:
    url = parse_url(word)
    if verb == "get" and not url.name:
        raise Wrong(
            sentence("{url!r} has no file name: write tftp://{host}/name", url=word, host=url.host)
        )
    return url


def _place(into: str | None, remote: bytes, host: str | None = None) -> str:
    """Return the local file in the directory, or in a subdirectory for each of several hosts."""
    if into is None:
        raise Wrong(sentence("several files need a directory: --into DIR"))
    if not os.path.exists(into):
        raise Wrong(
            sentence("--into {path!r} does not exist: make that directory first", path=into)
        )
    if not os.path.isdir(into):
        raise Wrong(sentence("--into {path!r} is not a directory", path=into))
    try:
        name = base_name(remote)
    except LocalError as nameless:
        raise Wrong(str(nameless)) from None
    return os.path.join(into, *([host.replace("/", "_")] if host else []), name)


def _listed(path: str | None) -> Iterator[tuple[TftpUrl, str | None]]:
    """Yield the lines of a list, each with the local file after its tab."""
    if path is None:
        return
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError as failed:
        raise Wrong(sentence("cannot read {path}: {why}", path=path, why=reason(failed))) from None
    for number, line in enumerate(lines, 1):
        if not is_url(line.strip()):  # in a URL a name may have one
            line = line.partition("#")[0]
        word, _, local = line.strip().partition("\t")
        if word:
            try:
                url = parse_url(word if is_url(word) else f"tftp://{_as_in_url(word)}/")
            except ValueError as wrong:
                why = sentence(
                    "{path} line {number}: {why}", path=path, number=number, why=str(wrong)
                )
                raise Wrong(why) from None
            yield url, local or None


def _as_in_url(host: str) -> str:
    """Return a host in the form for URLs: an IPv6 address is in brackets."""
    plain = host.count(":") > 1 and not host.startswith("[")
    return f"[{host.replace('%', '%25')}]" if plain else host


def _check_places(tasks: list[Task]) -> None:
    seen: set[str] = set()
    for task in tasks:
        if task.verb == "get":
            place = os.path.realpath(task.local or "")
            if place in seen:
                why = sentence(
                    "two transfers would write the same file {path}: get them one by one",
                    path=task.local,
                )
                raise Wrong(why)
            seen.add(place)


def line_of(task: Task) -> str:
    """Return the task as a line of a list, so that it can be repeated."""
    host = bracketed(task.host.replace("%", "%25"))
    port = "" if task.port in (None, WELL_KNOWN_PORT) else f":{task.port}"
    mode = "" if task.mode in (None, "octet") else f";mode={task.mode}"
    url = f"tftp://{host}{port}/{quote(task.remote or b'')}{mode}"
    return f"{url}\t{task.local}" if task.verb == "get" else url
