"""Which signature set is in force where: one for all sites, or another one for a part of them while it is tried.

Rules: a rollout says everything that is in force; a token is on trial before it refuses anybody for what no set in
force has it refused for; a trial takes no refusal back.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gatepost.core.crawlers import Purpose, SignatureSet

__all__ = ["IssuedSet", "Rollout", "Trial", "trials", "untried"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A token on trial."""

    crawler: str
    token: str
    refused_for: frozenset[Purpose] = frozenset()
    """The purposes that who carries it is refused for already; none where nobody knew it."""


@dataclass(frozen=True, slots=True)
class IssuedSet:
    """A signature set as it was released."""

    sha256: str
    """Of its file, in hexadecimal."""
    version: str
    on_trial: frozenset[Trial] = frozenset()
    """The tokens by which it refuses nobody anew."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """What is in force."""

    whole: IssuedSet | None = None
    """For every site; ``None`` is the file that each machine has of its own."""
    part: IssuedSet | None = None
    """For a part of the sites, in place of the other."""
    percent: int = 0
    """How large that part is."""

    @property
    def sets(self) -> tuple[IssuedSet, ...]:
        """The released sets, the one for every site first."""
        return tuple(one for one in (self.whole, self.part) if one)


def untried(wanted: SignatureSet, in_force: Iterable[SignatureSet]) -> tuple[Trial, ...]:
    """The tokens of a set for which it would refuse more than any set in force does."""
    known: dict[str, set[Purpose]] = {}
    for crawler, token in (one for held in in_force for one in held.tokens_on_the_wire):
        known.setdefault(token.lower(), set()).update(crawler.counting_purposes)
    return tuple(
        Trial(crawler.name, token, frozenset(known.get(token.lower(), ())))
        for crawler, token in wanted.tokens_on_the_wire
        if not known.get(token.lower(), set()).issuperset(crawler.counting_purposes)
    )


def trials(wanted: SignatureSet, before: Rollout, fresh: Iterable[Trial]) -> frozenset[Trial]:
    """What is on trial in a set: what is fresh in it, and what is on trial by now, as far as the set still has it."""
    running = (trial for one in before.sets for trial in one.on_trial)
    refused_for = {trial.token.lower(): trial.refused_for for trial in (*fresh, *running)}
    return frozenset(
        Trial(crawler.name, token, refused_for[token.lower()])
        for crawler, token in wanted.tokens_on_the_wire
        if token.lower() in refused_for
    )
