"""Files that are filled in for each client.

If there is no file NAME but a file NAME.tmpl, the client gets NAME.tmpl, with its facts filled in:

    set next-server $server
    chain http://$server/boot?mac=$mac

Words with `$` follow the rules of `string.Template`, and `$$` is a `$`. The facts are those of
`Asked.facts`. No fact is a text that the client has chosen.
"""

from __future__ import annotations

from string import Template

from tftp_fsm.errors import LocalError
from tftp_fsm.language import layout, marked, sentence
from tftp_fsm.providers.asked import Asked, Provider
from tftp_fsm.storage.failures import Refused, failing
from tftp_fsm.storage.protocols import Source
from tftp_fsm.storage.served.jail import Root, served
from tftp_fsm.storage.served.names import name_text
from tftp_fsm.storage.sources import BytesSource
from tftp_fsm.wire.packets import ErrorCode

SUFFIX = b".tmpl"
LARGEST = 1 << 20  # octets, of a template and also of the result
_READ = "cannot read"


class Templates(Provider):
    """The templates of a directory."""

    def __init__(self, root: Root) -> None:
        self._root = served(root)

    def open_read(self, asked: Asked) -> Source:
        name = asked.name + SUFFIX
        source = self._root.open_read(name)
        try:
            with failing(_READ, name_text(name)):
                _check(source.size)
                return BytesSource(filled_in(bytes(source.read(0, source.size)), asked))
        finally:
            source.close()


def filled_in(template: bytes, asked: Asked) -> bytes:
    """Fill the client's facts into the template. Raises Refused for an unknown word."""
    facts = asked.facts()
    try:
        # Each octet is one character here, so the text may have any encoding that includes ASCII.
        made = Template(template.decode("latin-1")).substitute(facts)
    except KeyError as unknown:
        why = sentence(
            "the template has ${name}, but only ${names} can be used",
            name=unknown.args[0],
            names=", $".join(facts),
        )
        raise _wrong(why) from None
    except ValueError as wrong:
        raise _wrong(f"the template is wrong: {wrong}; write $$ for a $") from None
    _check(len(made))
    return made.encode("latin-1")


def _check(size: int) -> None:
    if size > LARGEST:
        raise Refused(
            sentence("a template has {largest:,} octets at most", largest=LARGEST),
            ErrorCode.UNDEFINED,
        )


def _wrong(why: str) -> LocalError:
    """Return the error. The log gets the reason; a client only hears that the template is wrong."""
    return LocalError(
        layout("{what}: {why}", what=marked(_READ), why=why), told=f"{_READ}: the template is wrong"
    )
