"""Networks that share a wire: two VLANs may have hosts with the same addresses.

Two tags do not prove that there are two networks:

- A router sends the same packet in one VLAN and then in another one.
- A mirror port may show the same packet with a tag and without one.
- The packets of the two directions may have two tags.

So a packet is of another network only if all of this is true: its tag is new for these two hosts,
it is a request, and each known network of the two hosts has had packets of the same direction.

    networks = Networks(Network)
    network = networks.of(datagram)
    networks.join(datagram, tag)        # it was seen with this tag before
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.wire.headers import is_request

MOST = 64  # networks; further ones count as the last of these
KEPT = 10_000  # pairs of hosts whose tags are known, if there are several tags

Hosts = tuple[str, str]


class HasWays(Protocol):
    """A network that knows its hosts."""

    @property
    def ways(self) -> set[tuple[str, str]]:
        """The pairs of hosts between which packets went. The source is the first of a pair."""


T = TypeVar("T", bound=HasWays)


class _Tags(Generic[T]):
    """The tags of the packets between two hosts. The latest tag is the last one.

    `networks` has the network of each tag. `ways` has the directions of the packets with this tag.
    """

    __slots__ = ("networks", "ways")

    def __init__(self) -> None:
        self.networks: dict[int, T] = {}
        self.ways: dict[int, set[bool]] = {}

    def has(self, network: T, way: bool) -> bool:
        """Return whether this network has had packets that went this way."""
        return any(
            way in self.ways[tag] for tag, known in self.networks.items() if known is network
        )

    def note(self, tag: int, network: T, way: bool) -> None:
        """Note that a packet with this tag went this way."""
        self.networks[tag] = network
        self.ways.setdefault(tag, set()).add(way)


class Networks(Generic[T]):
    """The networks of a capture, made by `make`.

    If all packets have the same tag, there is only one network.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self.all = [make()]
        self._tag: int | None = None
        self._has_several = False
        self._tags: OrderedDict[Hosts, _Tags[T]] = OrderedDict()

    def of(self, datagram: Captured) -> T:
        """Return the network of this packet."""
        tag = datagram.network
        if not self._has_several:
            if tag == self._tag:
                return self.all[0]
            if self._tag is None:
                self._tag = tag
                return self.all[0]
            self._begin()
        tags, way = self._of_hosts(datagram.source[0], datagram.to[0])
        network = tags.networks.get(tag)
        if network is None:
            network = self._for_new(tags, way, opens=is_request(datagram.octets))
        tags.note(tag, network, way)
        return network

    def join(self, datagram: Captured, tag: int) -> None:
        """Note that the same packet was seen with `tag` before, so both tags are of one network."""
        if datagram.network == tag:
            return
        if not self._has_several:
            self._begin()
        tags, way = self._of_hosts(datagram.source[0], datagram.to[0])
        network = tags.networks.get(tag)
        if network is not None:
            tags.note(datagram.network, network, way)

    def at(self, source: str, to: str, tag: int) -> T:
        """Return the network of packets with this tag between the two hosts, or a likely one."""
        if not self._has_several:
            return self.all[0]
        known = self._of_hosts(source, to)[0].networks
        return known.get(tag) or next(iter(known.values()), self.all[0])

    def _for_new(self, tags: _Tags[T], way: bool, *, opens: bool) -> T:
        """Return the network of a packet whose tag is new between these hosts."""
        known = list(dict.fromkeys(reversed(tags.networks.values())))
        if not known:
            return self.all[0]
        other_way = [each for each in known if not tags.has(each, way)]
        if other_way or not opens:
            return [*other_way, *known][0]
        if len(self.all) < MOST:
            self.all.append(self._make())
        return self.all[-1]

    def _begin(self) -> None:
        """Begin to keep tags, because there is a second one. All packets so far had the first."""
        assert self._tag is not None
        self._has_several = True
        first = self.all[0]
        for source, to in first.ways:
            tags, way = self._of_hosts(source, to)
            tags.note(self._tag, first, way)

    def _of_hosts(self, source: str, to: str) -> tuple[_Tags[T], bool]:
        """Return the tags of these two hosts, and which way a packet between them goes."""
        way = source < to
        hosts = (source, to) if way else (to, source)
        tags = self._tags.get(hosts)
        if tags is None:
            tags = self._tags[hosts] = _Tags()
            if len(self._tags) > KEPT:
                self._tags.popitem(last=False)
        self._tags.move_to_end(hosts)
        return tags, way
