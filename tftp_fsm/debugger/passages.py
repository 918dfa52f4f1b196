"""The passage of a datagram from one end to the other, and the sentences about it."""

from __future__ import annotations

from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark_p, sentence
from tftp_fsm.protocol.gloss import end_word


@frozen
class Passage:
    """The known facts about one datagram: the frame that sent it, and those that heard its copies.

    `cause` names the packet that it answers; it is None after a time-out. `under_way` counts the
    copies that are neither heard nor lost. `earlier` is the number of an earlier datagram of the
    same end with the same content.
    """

    held: Held
    sent_in: int
    cause: str | None
    earlier: int | None
    under_way: int
    heard_in: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The name in a sentence, such as `DATA 2` or `the OACK`."""
        return name_of(self.held)

    @property
    def capital(self) -> str:
        """The name at the beginning of a sentence: `The OACK`."""
        return _capital_of(self.held)

    @property
    def receiver(self) -> str:
        """The end that should receive it."""
        return peer_of(self.held.sender)


def fate_words(passage: Passage, has_ended: bool) -> str:
    """Return the fate of the datagram. `has_ended` is true if its receiver has ended."""
    packet, receiver = passage.capital, end_word(passage.receiver)
    if passage.heard_in:
        return sentence(
            "{packet} reached the {receiver} in step {step}",
            packet=packet,
            receiver=receiver,
            step=passage.heard_in[0],
        )
    if passage.under_way:
        return waiting_words(passage, has_ended)
    return sentence(
        "{packet} was lost, and the {receiver} has not heard it", packet=packet, receiver=receiver
    )


def waiting_words(passage: Passage, has_ended: bool) -> str:
    """Return what will happen to a datagram that is still under way."""
    packet, receiver = passage.capital, end_word(passage.receiver)
    if has_ended:
        return sentence(
            "{packet} comes too late: the {receiver} has ended", packet=packet, receiver=receiver
        )
    return sentence(
        "{packet} is still on its way: the {receiver} has not heard it yet",
        packet=packet,
        receiver=receiver,
    )


def earlier_words(passage: Passage, has_ended: bool) -> str:
    """Return what happened to an earlier datagram with the same content."""
    receiver = end_word(passage.receiver)
    if passage.heard_in:
        step = passage.heard_in[0]
        return sentence(
            "the packet before it reached the {receiver} in step {step}",
            receiver=receiver,
            step=step,
        )
    if not passage.under_way:
        return sentence("the packet before it was lost")
    if has_ended:
        return sentence(
            "the packet before it comes too late: the {receiver} has ended", receiver=receiver
        )
    return sentence(
        "the packet before it is still on its way: the {receiver} has not heard it yet",
        receiver=receiver,
    )


def again_words(passage: Passage) -> str:
    """Return why a datagram with the same content was sent once more."""
    end, packet = end_word(passage.held.sender), passage.name
    if passage.cause is None:
        return sentence(
            "The {end} sent {packet} again because its timer expired", end=end, packet=packet
        )
    return sentence(
        "The {end} sent {packet} again because {cause} came",
        end=end,
        packet=packet,
        cause=passage.cause,
    )


def name_of(held: Held) -> str:
    """Return the name in a sentence: `DATA 2`, `ACK 3`, `the OACK`."""
    if held.block is not None:
        return f"{held.kind} {held.block}"
    if held.kind == "malformed":
        return sentence("the packet")
    return sentence("the {kind}", kind=held.kind)


def _capital_of(held: Held) -> str:
    """The name at the beginning of a sentence."""
    if held.block is not None:
        return name_of(held)
    if held.kind == "malformed":
        return sentence("The packet")
    return sentence("The {kind}", kind=held.kind)


IT = mark_p("a packet", "it")


def peer_of(end: str) -> str:
    """The other end."""
    return "server" if end == "client" else "client"
