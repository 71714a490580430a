"""What a crawler is: facts with evidence, apart from anybody's stance.

Rules: everything here is a frozen value; facts come from ``crawler_signatures.yaml`` alone (``core/signatures`` reads
it), so no code ever names a crawler; what a site wants of a crawler is said in ``core/preferences``, never here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

__all__ = [
    "AI_PURPOSES",
    "Crawler",
    "Evidence",
    "HonoursRobots",
    "Match",
    "PageDirective",
    "Purpose",
    "Service",
    "SignatureSet",
    "Standing",
    "Verification",
]


class Purpose(StrEnum):
    """What a crawler takes content for."""

    SEARCH = "search"
    """A search index that answers with links and short excerpts."""
    AI_ANSWERS = "ai-answers"
    """An index or a look-up from which a model writes answers."""
    ASSISTANTS = "assistants"
    """Fetches and agents that a person triggers."""
    AI_TRAINING = "ai-training"
    """Training or fine-tuning of models, and the data sets made for it."""
    ARCHIVES = "archives"
    """Public archives and research collections."""


AI_PURPOSES = frozenset({Purpose.AI_ANSWERS, Purpose.ASSISTANTS, Purpose.AI_TRAINING})
"""The purposes that an AI opt-out speaks of."""


class Service(StrEnum):
    """What a client serves that takes content for none of the five purposes; a stance never touches it."""

    LINK_PREVIEW = "link-preview"
    FEED_READER = "feed-reader"
    FEDIVERSE = "fediverse"
    MONITOR = "monitor"
    SEO = "seo"
    ADVERTISING = "advertising"
    SECURITY = "security"
    ACCESSIBILITY = "accessibility"


class HonoursRobots(StrEnum):
    """Whether the operator's crawler follows robots.txt."""

    YES = "yes"
    NO = "no"
    PARTLY = "partly"
    UNDOCUMENTED = "undocumented"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a crawler treats robots.txt, where that is written, and when it was last read."""

    value: HonoursRobots
    source: str
    checked: date


@dataclass(frozen=True, slots=True)
class Verification:
    """How an operator lets others verify its crawler; all empty: nobody can."""

    address_lists: tuple[str, ...] = ()
    """URLs of published address ranges."""
    reverse_dns: tuple[str, ...] = ()
    """Domain suffixes of forward-confirmed reverse DNS."""
    key_directories: tuple[str, ...] = ()
    """Origins that sign by Web Bot Auth (RFC 9421 profile)."""

    @property
    def possible(self) -> bool:
        """Whether there is any means of verification."""
        return bool(self.address_lists or self.reverse_dns or self.key_directories)


@dataclass(frozen=True, slots=True)
class PageDirective:
    """An ``X-Robots-Tag`` directive that the operator documents to honour, and what it withholds content from."""

    directive: str
    withholds: frozenset[Purpose]


@dataclass(frozen=True)
class Crawler:
    """One entry of the signature file."""

    name: str
    operator: str
    documentation: str
    honours_robots: Evidence
    robots_tokens: tuple[str, ...] = ()
    """Product tokens to name in robots.txt (RFC 9309 §2.2.1)."""
    user_agent_tokens: tuple[str, ...] = ()
    """Product tokens seen in user agents; empty for a token that exists only in robots.txt."""
    purposes: frozenset[Purpose] = frozenset()
    service: Service | None = None
    mixed_use: bool = False
    """It also feeds a general web search, so that refusing it would take a site out of search."""
    person_triggered: bool = False
    own_token_only: bool = False
    """It ignores the ``*`` group of robots.txt and follows only a group that names it."""
    governs: tuple[str, ...] = ()
    """For a robots-only token: the crawlers whose fetches it speaks about."""
    page_directives: tuple[PageDirective, ...] = ()
    verification: Verification = Verification()
    first_seen: str = ""
    """Year, or year and month, of the first sighting or announcement."""
    review_by: date = date.max
    samples_match: tuple[str, ...] = ()
    samples_no_match: tuple[str, ...] = ()

    @cached_property
    def robots_only(self) -> bool:
        """Whether the token exists in robots.txt alone, so that a user agent that carries it is a forgery."""
        return not self.user_agent_tokens

    @cached_property
    def ai(self) -> bool:
        """Whether it takes content for an AI purpose and is not mixed-use."""
        return bool(self.purposes & AI_PURPOSES) and not self.mixed_use

    @cached_property
    def counting_purposes(self) -> tuple[Purpose, ...]:
        """The purposes whose stance counts: all, but for a mixed-use crawler search alone (promise 3)."""
        return (Purpose.SEARCH,) if self.mixed_use else tuple(one for one in Purpose if one in self.purposes)

    @cached_property
    def feeds_search(self) -> bool:
        """Whether refusing it touches search, which needs a separate confirmation."""
        return self.mixed_use or Purpose.SEARCH in self.purposes


class Standing(StrEnum):
    """How far a claimed identity has been borne out."""

    VERIFIED = "verified"
    CLAIMED = "claimed"
    FORGED = "forged"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Match:
    """A crawler was recognised in a user agent."""

    crawler: Crawler
    token: str
    """The token that was found, as the signature file spells it."""
    standing: Standing
    on_trial: bool = False
    """The token is being tried: who carries it is tagged, and not refused for anything new."""
    tried: Crawler | None = None
    """While on trial, the crawler as it is refused already; ``None`` where it was not before."""

    def __hash__(self) -> int:
        return hash(self.crawler.name)  # all the fields would take far longer, for nothing


@dataclass(frozen=True)
class SignatureSet:
    """The whole signature file as values."""

    version: str
    sha256: str
    """Of the file's bytes, in hexadecimal."""
    crawlers: tuple[Crawler, ...] = field(repr=False)
    source: bytes = field(default=b"", repr=False, compare=False)
    """The file's bytes, for the record."""
    local: frozenset[str] = field(default=frozenset(), repr=False)
    """The lower-cased names of the entries that one machine laid over the file, as its operator chose."""

    @cached_property
    def by_name(self) -> Mapping[str, Crawler]:
        """Crawlers by lower-cased name."""
        return MappingProxyType({crawler.name.lower(): crawler for crawler in self.crawlers})

    @cached_property
    def tokens_on_the_wire(self) -> Sequence[tuple[Crawler, str]]:
        """Every token by which a user agent is recognised, once; those of robots.txt alone are told last."""
        named = [(crawler, token) for crawler in self.crawlers for token in crawler.user_agent_tokens]
        taken = {token.lower() for _, token in named}
        alone = [
            (crawler, token) for crawler in self.crawlers if crawler.robots_only for token in crawler.robots_tokens
        ]
        return (*named, *(one for one in alone if one[1].lower() not in taken))
