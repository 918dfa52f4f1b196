"""The distribution of durations: median and 99th percentile, in constant memory."""

from __future__ import annotations

STEPS = 5  # leading bits of a duration that count; the error is at most 3 %


class Spread:
    """Counts durations, in nanoseconds, in classes that grow with them."""

    __slots__ = ("_classes", "count", "longest", "total")

    def __init__(self) -> None:
        self._classes: dict[int, int] = {}
        self.count = 0
        self.total = 0
        self.longest = 0

    def copy(self) -> Spread:
        """A copy. What is counted in one of the two does not change the other."""
        other = Spread()
        other._classes = dict(self._classes)
        other.count, other.total, other.longest = self.count, self.total, self.longest
        return other

    def add(self, duration: int) -> None:
        """Count a duration. A negative one, after the clock was set, counts as zero."""
        if duration < 0:
            duration = 0
        shift = duration.bit_length() - STEPS
        place = duration if shift <= 0 else shift << STEPS + 1 | duration >> shift
        classes = self._classes
        classes[place] = classes.get(place, 0) + 1
        self.count += 1
        self.total += duration
        if duration > self.longest:
            self.longest = duration

    def at(self, share: float) -> int | None:
        """Return the duration that this share of all does not exceed, or None without any."""
        if not self.count:
            return None
        left = share * self.count
        for place in sorted(self._classes):
            left -= self._classes[place]
            if left <= 0:
                return min(_middle(place), self.longest)
        return self.longest

    @property
    def median(self) -> int | None:
        """Return the duration that half of all do not exceed."""
        return self.at(0.5)


def _middle(place: int) -> int:
    shift, low = place >> STEPS + 1, place & (1 << STEPS + 1) - 1
    return low if not shift else (low << shift) + (1 << shift - 1)
