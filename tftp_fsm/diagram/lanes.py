"""A graph of states in lanes. The good path goes straight down, and branches are beside it.

    lanes = Lanes(count, edges, spine)       # an edge is (source, dest, goes to the left)
    lanes.rows[n], lanes.columns[n]          # the place of a node; the spine has column 0

A node is one row below the lowest node that leads to it, so every arrow leads down. A branch keeps
its lane until it meets a node of another lane, so no arrow crosses a box.
"""

from __future__ import annotations

from collections.abc import Sequence

Ends = tuple[int, int, bool]


class Lanes:
    """The places of all nodes. The graph has no circles, and node 0 leads to all others."""

    def __init__(self, count: int, edges: Sequence[Ends], spine: Sequence[int]) -> None:
        self._into: list[list[int]] = [[] for _ in range(count)]
        self._out: list[list[tuple[int, bool]]] = [[] for _ in range(count)]
        for source, dest, is_left in edges:
            self._into[dest].append(source)
            self._out[source].append((dest, is_left))
        self._spine = set(spine)
        self.rows = self._rows(count)
        self.columns = [0] * count
        self._taken: dict[int, list[tuple[int, int]]] = {0: [(0, max(self.rows))]}
        self._place()

    def _rows(self, count: int) -> list[int]:
        """The length of the longest way to each node."""
        rows, waiting = [0] * count, [len(into) for into in self._into]
        ready = [node for node in range(count) if not waiting[node]]
        while ready:
            node = ready.pop()
            for dest, _ in self._out[node]:
                rows[dest] = max(rows[dest], rows[node] + 1)
                waiting[dest] -= 1
                if not waiting[dest]:
                    ready.append(dest)
        return rows

    def _place(self) -> None:
        """Place the branches in the order of their rows. Each takes the nearest free lane."""
        placed = set(self._spine)
        for node in sorted(range(len(self.rows)), key=lambda n: (self.rows[n], n)):
            if node in placed:
                continue
            chain = self._chain(node, placed)
            placed |= set(chain)
            first = min((self.rows[s] for s in self._into[node]), default=0)
            last = max([self.rows[chain[-1]], *(self.rows[d] for d, _ in self._out[chain[-1]])])
            side = self._side(node)
            lane = side
            while any(a < last and first < b for a, b in self._taken.get(lane, ())):
                lane += side
            self._taken.setdefault(lane, []).append((first, last))
            for each in chain:
                self.columns[each] = lane

    def _chain(self, node: int, placed: set[int]) -> list[int]:
        """Return the node and the nodes that follow only it and have no place yet."""
        chain = [node]
        while onward := [d for d, _ in self._out[chain[-1]] if d not in placed and d not in chain]:
            chain.append(onward[0])
        return chain

    def _side(self, node: int) -> int:
        """Return the side of a branch: left for the client's events, right for the server's."""
        for source in self._into[node]:
            if source not in self._spine:
                return -1 if self.columns[source] < 0 else 1
        lefts = [left for source in self._into[node] for d, left in self._out[source] if d == node]
        return -1 if lefts and lefts[0] else 1
