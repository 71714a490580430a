"""The bounded cache of snapshots by host.

Rules: it never holds more than two generations; what is asked for outlives what is not.
"""

from collections.abc import Sequence

from gatepost.core.snapshot import SiteSnapshot

__all__ = ["Generations"]


class Generations:
    """A bounded cache: two dictionaries that change places when one is full."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.young: dict[str, SiteSnapshot] = {}
        self._old: dict[str, SiteSnapshot] = {}

    def get(self, host: str) -> SiteSnapshot | None:
        """What is kept for a host."""
        found = self.young.get(host)
        if found is None:
            found = self._old.get(host)
            if found is not None:
                self.put(host, found)
        return found

    def put(self, host: str, snapshot: SiteSnapshot) -> None:
        """Keep something, and forget the older generation when this one is full."""
        if len(self.young) >= self._size:
            self._old, self.young = self.young, {}
        self.young[host] = snapshot

    def take(self, other: "Generations") -> None:
        """Keep what another one keeps."""
        for host, snapshot in (*other._old.items(), *other.young.items()):
            self.put(host, snapshot)

    def peek(self, host: str) -> SiteSnapshot | None:
        """What is kept for a host, which is not asked for by that."""
        return self.young.get(host) or self._old.get(host)

    def exchange(self, old: SiteSnapshot, new: SiteSnapshot, hosts: Sequence[str]) -> None:
        """Keep something else where one snapshot is kept for hosts, and nothing newer."""
        for kept in (self.young, self._old):
            kept.update({host: new for host in hosts if kept.get(host) is old})

    def hosts(self) -> list[str]:
        """The hosts that something is kept for."""
        return [*self._old.keys() - self.young.keys(), *self.young]

    def sites(self) -> set[str]:
        """The ids of the sites that are kept."""
        return {snapshot.site for kept in (self._old, self.young) for snapshot in kept.values()}

    def drop(self, host: str) -> None:
        """Forget one host."""
        self.young.pop(host, None)
        self._old.pop(host, None)
