"""A site as it stands or stood, with the levels above it, and what follows from both.

Rules: the policy is made by the function that the doors use; nothing is decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatepost.core.defaults import is_default
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Site
from gatepost.core.snapshot import policy_of

__all__ = ["State", "wishes_of"]


@dataclass(frozen=True, slots=True)
class State:
    """A site and the levels above it at one time; ``site`` is ``None`` for a host that no site has."""

    site: Site | None
    above: Sequence[LevelStatement]

    @property
    def subject(self) -> Site:
        """The site, or the default, that is there."""
        if self.site is None:
            raise LookupError("no site has this host")
        return self.site

    @property
    def policy(self) -> SitePolicy:
        """What they come to."""
        return policy_of(_silent(self.site) if self.site and is_default(self.site.id) else self.site, self.above)

    @property
    def silent(self) -> "State":
        """The same, if the site said nothing of its own."""
        return replace(self, site=_silent(self.subject))


def _silent(default: Site) -> Site:
    return replace(default, statement=PreferenceStatement())


def wishes_of(statement: PreferenceStatement) -> list[str]:
    """A statement as the wishes that lead to it, in the spelling of :func:`~gatepost.core.wishes.read_wish`."""
    wishes = [f"{purpose}={stance}" for purpose, stance in statement.stances.said()]
    for path in statement.paths:
        wishes += [f"{path.pattern.text}:{purpose}={stance}" for purpose, stance in path.stances.said()]
    wishes += [f"{exception.crawler}={exception.stance}" for exception in statement.crawlers]
    if statement.partner_sharing is not None:
        wishes.append(f"partner-sharing={statement.partner_sharing}")
    return wishes
