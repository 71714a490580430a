"""What other lists mean by their categories, in our words.

Rules: a word of a list stands here or says nothing; what it says here only more or less has a doubt, which is shown to
whoever completes a proposal. No purpose is read out of free text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gatepost.core.crawlers import HonoursRobots, Purpose, Service

__all__ = [
    "FUNCTIONS",
    "INDEX_CATEGORIES",
    "INDEX_ROBOTS",
    "PROGRAM_TAGS",
    "RESPECT",
    "TAGS",
    "Meaning",
    "joined",
]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word says of a crawler."""

    purposes: frozenset[Purpose] = frozenset()
    services: frozenset[Service] = frozenset()
    person_triggered: bool = False
    doubt: str = ""


def _for(*purposes: Purpose, doubt: str = "", person_triggered: bool = False) -> Meaning:
    return Meaning(frozenset(purposes), doubt=doubt, person_triggered=person_triggered)


def _serves(service: Service, doubt: str = "") -> Meaning:
    return Meaning(services=frozenset({service}), doubt=doubt)


INDEX_CATEGORIES: Mapping[str, Meaning] = MappingProxyType(
    {
        "ai-training": _for(Purpose.AI_TRAINING),
        "ai-search": _for(Purpose.AI_ANSWERS),
        "user-fetch": _for(Purpose.ASSISTANTS, person_triggered=True),
        "dataset": _for(Purpose.AI_TRAINING, doubt="data sets are made for research and for sale too"),
        "search": _for(Purpose.SEARCH, doubt="whether it also answers by AI is not said"),
        "archive": _for(Purpose.ARCHIVES),
        "seo": _serves(Service.SEO),
        "preview": _serves(Service.LINK_PREVIEW),
    }
)
"""``category`` of ai-crawler-index; ``tool`` says nothing."""

INDEX_ROBOTS: Mapping[str, tuple[HonoursRobots, str]] = MappingProxyType(
    {
        "documented": (HonoursRobots.YES, ""),
        "own-token-only": (HonoursRobots.YES, ""),
        "undocumented": (HonoursRobots.UNDOCUMENTED, ""),
        "by-design-no": (HonoursRobots.NO, ""),
        "disputed": (HonoursRobots.PARTLY, "the operator says yes, others have seen no"),
    }
)
"""``respects_robots_txt`` of ai-crawler-index, with a doubt."""

TAGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "search-engine": _for(Purpose.SEARCH),
        "ai-crawler": _for(Purpose.AI_TRAINING, doubt="the tag says AI, and not for what"),
        "archiver": _for(Purpose.ARCHIVES),
        "academic": _for(Purpose.ARCHIVES, doubt="the tag says who crawls, and not for what"),
        "social-preview": _serves(Service.LINK_PREVIEW),
        "feed-reader": _serves(Service.FEED_READER),
        "monitoring": _serves(Service.MONITOR),
        "advertising": _serves(Service.ADVERTISING),
        "seo": _serves(Service.SEO),
        "scanner": _serves(Service.SECURITY, doubt="the tag holds attackers as well"),
    }
)
"""``tags`` of crawler-user-agents."""

PROGRAM_TAGS = frozenset({"http-library", "browser-automation"})
"""Tags of programs that anybody runs, which are nobody's crawler."""

FUNCTIONS: Mapping[str, Meaning] = MappingProxyType(
    {
        "AI Assistants": _for(Purpose.ASSISTANTS, doubt="the list holds indexes for assistants here as well"),
        "AI Agents": _for(Purpose.ASSISTANTS),
        "AI Coding Agents": _for(Purpose.ASSISTANTS),
        "AI Search Crawlers": _for(Purpose.AI_ANSWERS),
        "AI Data Scrapers": _for(Purpose.AI_TRAINING, doubt="what the data is for is not said"),
        "AI Data Providers": _for(Purpose.AI_ANSWERS, doubt="the data is sold, for training too"),
        "LLM training.": _for(Purpose.AI_TRAINING),
        "AI model training.": _for(Purpose.AI_TRAINING),
    }
)
"""``function`` of ai.robots.txt, where it is one of its categories and not a sentence."""

RESPECT: Mapping[str, HonoursRobots] = MappingProxyType({"yes": HonoursRobots.YES, "no": HonoursRobots.NO})
"""``respect`` of ai.robots.txt, in lower case; "Unclear at this time." says nothing."""


def joined(meanings: Iterable[Meaning]) -> Meaning:
    """What several words say together."""
    listed = list(meanings)
    return Meaning(
        frozenset().union(*(one.purposes for one in listed)),
        frozenset().union(*(one.services for one in listed)),
        any(one.person_triggered for one in listed),
        "; ".join(dict.fromkeys(one.doubt for one in listed if one.doubt)),
    )
