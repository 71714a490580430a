"""One question about a robots.txt, put to every reader that is here."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from protego import Protego
from robotexclusionrulesparser import RobotExclusionRulesParser

from gatepost.core.directives.robotstxt import RobotsTxt, evaluate

__all__ = ["verdicts_of"]

_BASE = "https://site.example/"

Answer = tuple[bool, str | None]
"""Whether it may fetch, and the rule that says so, where the reader tells."""


def verdicts_of(octets: bytes, robots: RobotsTxt, user_agent: str, url: str) -> list[dict[str, Any]]:
    """What each reader says; ``robots`` is the file as we read it."""
    text = octets.decode("utf-8-sig", "replace")
    full = urljoin(_BASE, url)
    answers = [("gatepost (RFC 9309)", _ours(robots, user_agent, full))]
    answers += [(name, ask(text, user_agent, full)) for name, ask in _readers()]
    return [{"reader": name, "allowed": allowed, "rule": rule} for name, (allowed, rule) in answers]


def _readers() -> Iterator[tuple[str, Callable[[str, str, str], Answer]]]:
    if find_spec("jwm"):  # no wheels for every Python
        yield "google (jwm.robotstxt)", _google
    yield "protego", lambda text, agent, url: (bool(Protego.parse(text).can_fetch(url, agent)), None)
    yield "robotexclusionrulesparser", _robotexclusionrulesparser
    yield "urllib.robotparser", _urllib


def _ours(robots: RobotsTxt, user_agent: str, url: str) -> Answer:
    verdict = evaluate(robots, user_agent, url)
    rule = verdict.rule
    if rule is None:
        return verdict.allowed, "no rule speaks of it" if verdict.group else "no group speaks to it"
    written = f"{'Allow' if rule.allow else 'Disallow'}: {rule.pattern.text}"
    return verdict.allowed, f"line {rule.line}, {written}, in the group of {verdict.group}"


def _google(text: str, user_agent: str, url: str) -> Answer:
    from jwm.robotstxt.googlebot import RobotsMatcher

    matcher = RobotsMatcher()
    allowed = bool(matcher.OneAgentAllowedByRobots(text, user_agent, url))
    line = int(matcher.matching_line())
    return allowed, f"line {line}" if line else "no rule speaks of it"


def _robotexclusionrulesparser(text: str, user_agent: str, url: str) -> Answer:
    parser = RobotExclusionRulesParser()
    parser.parse(text)
    return bool(parser.is_allowed(user_agent, url)), None


def _urllib(text: str, user_agent: str, url: str) -> Answer:
    parser = RobotFileParser()
    parser.parse(text.splitlines())
    parser.modified()
    return parser.can_fetch(user_agent, url), None
