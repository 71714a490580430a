"""What the use cases need of the world outside the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gatepost.core.crawlers import SignatureSet

__all__ = ["Clock", "Fetched", "Outward", "SignatureSource"]


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime:
        """The present moment, with its time zone."""
        ...


class SignatureSource(Protocol):
    """The signature file that a machine has of its own, and what it lays over any signature file."""

    def changed(self) -> bool:
        """Whether one of them is another one than when this was last asked, and is not being written just now."""
        ...

    def read(self) -> bytes:
        """The machine's own file, whole. Raises :class:`~gatepost.errors.SignatureFileError`."""
        ...

    def admit(self, source: bytes, held: SignatureSet | None) -> SignatureSet:
        """The set of a signature file with what this machine lays over it, if it may be used in place of ``held``.

        Raises :class:`~gatepost.errors.SignatureFileError` with every fault.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was answered from outside, whatever its status; a redirect is an answer like any other."""

    status: int
    fields: Sequence[tuple[str, str]]
    """As they came, with their names in lower case."""
    body: bytes

    def value(self, name: str) -> str:
        """The first field of that name in lower case; empty where there is none."""
        return next((value for key, value in self.fields if key == name), "")


class Outward(Protocol):
    """Asks the world outside, in a way that no answer and no address can abuse."""

    async def fetch(
        self, url: str, *, most_octets: int, seconds: float, fields: Sequence[tuple[str, str]] = ()
    ) -> Fetched:
        """GET a URL once, following nothing; ``fields`` are sent with it.

        The body is at most ``most_octets`` long, and the whole takes at most ``seconds``. Raises
        :class:`~gatepost.errors.OutwardError`, whose id is ``outward.url`` (no address to be asked), ``outward.port``,
        ``outward.name`` (DNS has no address), ``outward.address`` (one that is not public), ``outward.unreachable``,
        ``outward.certificate``, ``outward.slow``, ``outward.large``, ``outward.encoding`` or ``outward.missing``
        (this installation has no HTTP client).
        """
        ...

    def check_post(self, url: str) -> None:
        """Nothing where a URL may be posted to, as far as it tells by itself; raises as :meth:`post` would."""
        ...

    async def post(
        self, url: str, body: bytes, *, most_octets: int, seconds: float, fields: Sequence[tuple[str, str]] = ()
    ) -> Fetched:
        """POST a body to a URL once, following nothing; over ``https`` alone, unless private addresses are meant.

        What counts is the status: of the answer's body no more than ``most_octets`` are read, one that is longer, or
        breaks off, is no fault, and how it is packed is nobody's concern. Raises
        :class:`~gatepost.errors.OutwardError` as :meth:`fetch` does, and with the id ``outward.plain`` for ``http``.
        """
        ...
