"""A robots.txt read back by readers that we did not write, before anyone else reads it.

Rules: each reader is asked, for every crawler on a grid of paths, whether it may fetch; the answer must be the
intended one. Three readers stand for the field: Protego (longest match; Scrapy's), robotexclusionrulesparser (first
match with wildcards) and the standard library (first match without them, before RFC 9309 reached it). Where a reader
is known not to understand a construct, it is not asked about the paths that hang on it, and the table of such
exceptions is here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.robotparser import RobotFileParser

from protego import Protego
from robotexclusionrulesparser import RobotExclusionRulesParser

from gatepost.core.crawlers import Crawler
from gatepost.core.directives.robotstxt.matching import evaluate
from gatepost.core.directives.robotstxt.model import RobotsTxt, Rule
from gatepost.core.patterns import PathPattern
from gatepost.core.policy import SitePolicy, is_always_open

__all__ = ["READERS", "Disagreement", "Question", "disagreements", "questions"]

Reader = Callable[[str, str], bool]
"""(product token, path) -> may fetch."""

READERS = ("protego", "robotexclusionrulesparser", "urllib.robotparser")
"""The names of the readers."""

_MAX_PATHS = 24


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a crawler may fetch a path, and what the answer is meant to be."""

    token: str
    path: str
    intended: bool


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A reader that takes a file otherwise than it is meant."""

    reader: str
    token: str
    path: str
    intended: bool


def questions(policy: SitePolicy, crawlers: Iterable[Crawler], own: RobotsTxt) -> tuple[Question, ...]:
    """The grid: every token of ``crawlers`` on paths inside and outside every exception and rule.

    A crawler may fetch what the policy does not deny and the owner's own file does not disallow; the policy files,
    always.
    """
    paths = _paths(policy, own)
    zones = {path: policy.zones_at(path) for path in paths}
    closed = {(token, path): not evaluate(own, token, path).allowed for token in ("*", *_named(own)) for path in paths}
    grid = []
    for crawler in crawlers:
        for path in paths:
            denied = min(policy.ruling(crawler, zone).severity for zone in zones[path]) > 0
            for token in crawler.robots_tokens:
                own_token = token.lower() if token.lower() in own.combined else "*"
                open_ = is_always_open([path]) or not (denied or closed[own_token, path])
                grid.append(Question(token, path, open_))
    return tuple(grid)


def _named(own: RobotsTxt) -> Iterable[str]:
    return (token for token in own.combined if token != "*")


def _paths(policy: SitePolicy, own: RobotsTxt) -> Sequence[str]:
    """Paths that tell rules apart: an ordinary page, the policy files, and one or two for each pattern in play."""
    patterns = [zone.pattern for zone in policy.zones if zone.pattern is not None]
    patterns += [rule.pattern for group in own.groups for rule in group.rules]
    paths = ["/", "/ai.txt", "/.well-known/tdmrep.json", "/2024/05/a-post.html"]
    paths += [example for pattern in dict.fromkeys(patterns) for example in _examples(pattern)]
    return list(dict.fromkeys(paths))[:_MAX_PATHS]


def _examples(pattern: PathPattern) -> Iterable[str]:
    text = pattern.text.removesuffix("$").replace("*", "x")
    path = text if text.startswith("/") else f"/{text}"
    yield path
    if not pattern.anchored:
        yield f"{path}y"


def disagreements(text: str, robots: RobotsTxt, grid: Iterable[Question]) -> tuple[Disagreement, ...]:
    """Every question that some reader answers otherwise than intended; ``robots`` is ``text`` as it was meant."""
    readers: tuple[tuple[str, Reader, bool], ...] = (
        (READERS[0], _protego(text), True),
        (READERS[1], _robotexclusionrulesparser(text), True),
        (READERS[2], _urllib(text), False),
    )
    literal_only = _wildcard_paths(robots)
    return tuple(
        Disagreement(name, question.token, question.path, question.intended)
        for question in grid
        for name, may_fetch, wildcards in readers
        if (wildcards or not literal_only(question.path))
        and may_fetch(question.token, question.path) is not question.intended
    )


def _wildcard_paths(robots: RobotsTxt) -> Callable[[str], bool]:
    """Whether some rule with a wildcard speaks of a path, which readers of before 2022 cannot follow."""
    rules: Iterable[Rule] = (rule for group in robots.groups for rule in group.rules)
    patterns = {rule.pattern for rule in rules if not rule.pattern.literal}
    return lambda path: any(pattern.matches(path) for pattern in patterns)


def _protego(text: str) -> Reader:
    parsed = Protego.parse(text)
    return lambda token, path: bool(parsed.can_fetch(f"https://site.example{path}", token))


def _robotexclusionrulesparser(text: str) -> Reader:
    parser = RobotExclusionRulesParser()
    parser.parse(text)
    return lambda token, path: bool(parser.is_allowed(token, path))


def _urllib(text: str) -> Reader:
    parser = RobotFileParser()
    parser.parse(text.splitlines())
    parser.modified()
    return lambda token, path: parser.can_fetch(token, f"https://site.example{path}")
