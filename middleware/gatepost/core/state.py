"""A site as it stands at one time, with the levels above it, and what follows from both.

Rules: the policy is made by the function that the doors use; nothing is decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gatepost.core.defaults import is_default
from gatepost.core.levels import preferences_of
from gatepost.core.periods import at as known
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Level, LevelStatement, Preferences, PreferenceStatement
from gatepost.core.sites import Site
from gatepost.core.snapshot import UNKNOWN, policy_of
from gatepost.core.timelines import timeline_of

__all__ = ["State", "lasting_wishes_of", "wishes_of"]


@dataclass(frozen=True, slots=True)
class State:
    """A site and the levels above it at one time; ``site`` is ``None`` for a host that no site has."""

    site: Site | None
    above: Sequence[LevelStatement]
    at: datetime

    @property
    def subject(self) -> Site:
        """The site, or the default, that is there."""
        if self.site is None:
            raise LookupError("no site has this host")
        return self.site

    @property
    def policy(self) -> SitePolicy:
        """What they come to."""
        return policy_of(self._speaking, self.above, known(self.at))

    @property
    def preferences(self) -> Preferences:
        """The same, without where the site stands."""
        site = self._speaking
        return preferences_of(site, self.above, self.at) if site else UNKNOWN.preferences

    def later_changes(self) -> Sequence[datetime]:
        """Every later moment at which something else holds, by what is said at this one."""
        site = self._speaking
        starts = [phase.start for phase in timeline_of(site, self.above).phases] if site else []
        return [start for start in starts if start is not None and start > self.at]

    @property
    def _speaking(self) -> Site | None:
        """The site with what it says itself; a default is one of the levels above."""
        if self.site is not None and self.own is None:
            return replace(self.site, statement=PreferenceStatement())
        return self.site

    @property
    def own(self) -> LevelStatement | None:
        """What the site itself says; a default is one of the levels above."""
        if self.site is None or is_default(self.site.id):
            return None
        return LevelStatement(Level.SITE, self.site.statement)

    @property
    def silent(self) -> "State":
        """The same, if the site said nothing of its own."""
        return replace(self, site=replace(self.subject, statement=PreferenceStatement()))


def wishes_of(statement: PreferenceStatement) -> list[str]:
    """A statement as the wishes that lead to it, in the spelling of :func:`~gatepost.core.wishes.read_wish`."""
    wishes = lasting_wishes_of(statement)
    for dated in statement.dated:
        wishes += [f"{wish}@{dated.period}" for wish in lasting_wishes_of(dated.statement)]
    return wishes


def lasting_wishes_of(statement: PreferenceStatement) -> list[str]:
    """The same without what is said for a time only."""
    wishes = [f"{purpose}={stance}" for purpose, stance in statement.stances.said()]
    for path in statement.paths:
        wishes += [f"{path.pattern.text}:{purpose}={stance}" for purpose, stance in path.stances.said()]
    wishes += [f"{exception.crawler}={exception.stance}" for exception in statement.crawlers]
    if statement.partner_sharing is not None:
        wishes.append(f"partner-sharing={statement.partner_sharing}")
    return wishes
