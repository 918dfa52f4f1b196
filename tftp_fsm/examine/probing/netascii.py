"""Check the mode for text: a line ends in CR LF, and a lone CR is CR NUL."""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, departed, kept, not_examined, told
from tftp_fsm.examine.probing.desk import READING, Desk
from tftp_fsm.examine.probing.talk import NoAnswer
from tftp_fsm.examine.probing.untested import still_coming
from tftp_fsm.language import mark
from tftp_fsm.wire.netascii import Decoder
from tftp_fsm.wire.words import packet_words

_NO_TEXT = mark("a client that asks in mode netascii gets no file")
_LONE_CR = mark("line ends are right; a client may drop or change a lone CR, which few texts have")
_DAMAGED = mark("a text is damaged on its way")


def netascii(desk: Desk) -> Finding:
    """Read the file in the mode for text, and compare it with the file of mode octet."""
    with desk.read(mode="netascii") as talk:
        talk.run(desk.answer, until=talk.heard)
        error = talk.error()
        if error is not None:
            return departed(packet_words(error), means=_NO_TEXT)
        content = desk.known.content
        if content is None and not desk.known.is_longer:
            return not_examined(mark("the file could not be read, so nothing can be compared"))
        if content is None:
            return not_examined(mark("the file is too long to compare: name a shorter one"))
        talk.run(READING, until=lambda: talk.ended)
        slow = still_coming(talk, READING)
        if slow is not None:
            return slow
        if talk.octets is None:
            how = talk.outcome if talk.heard() else NoAnswer.SILENCE.value
            return departed(how, means=_NO_TEXT)
        return compared(talk.octets, content)


def compared(wire: bytes, content: bytes) -> Finding:
    """Compare the file in netascii with the file in octet."""
    if not set(content) & set(b"\r\n"):
        return told(mark("the file has no line ends, so nothing had to be translated"))
    bare = wire.replace(b"\r\n", b"").replace(b"\r\0", b"")
    is_translated = not set(bare) & set(b"\r\n")
    has_only_crlf = wire == content.replace(b"\n", b"\r\n") and b"\n" in content
    if wire == content and is_translated:
        return told(mark("each line of the file ends in CR LF already, and is sent as it is"))
    if wire == content:
        return departed(mark("line ends are sent as they are in the file"))
    if has_only_crlf and not is_translated:
        return departed(mark("line ends are CR LF, but a lone CR is sent as it is"), means=_LONE_CR)
    if Decoder().decode(wire, final=True) != content:
        return departed(mark("the text differs from the file"), means=_DAMAGED)
    if not is_translated:
        return departed(mark("some line ends are translated, and some are not"))
    if b"\r\0" in wire:
        return kept(mark("line ends are CR LF, and a lone CR is CR NUL"))
    return kept(mark("line ends are CR LF"))
