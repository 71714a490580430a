"""May this crawler fetch this URL, by a robots.txt that was read (RFC 9309 §2.2.1 to §2.2.3).

Rules: a verdict names the rule and the group that made it; nothing here raises, whatever the agent and the URL are.

Departure: Google lets a rule ``Allow: /index.html`` allow ``/`` too; RFC 9309 does not, nor do we.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gatepost.core.directives.robotstxt.model import CombinedGroup, RobotsTxt, Rule, fold_token
from gatepost.core.patterns import comparable_path

__all__ = ["Verdict", "evaluate"]

_BROWSERS = frozenset({"mozilla", "opera"})
"""What agents call themselves first that say further on who they are."""

_BROWSER_WORDS = _BROWSERS | {
    "android", "applewebkit", "chrome", "compatible", "edg", "firefox", "gecko", "iphone", "khtml", "like", "linux",
    "macintosh", "mobile", "msie", "safari", "trident", "version", "windows",
}  # fmt: skip
"""Words of browsers: a group that names one is not meant for every crawler that poses as a browser."""

_LEADING_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")
_WORD = re.compile(r"[^\s;,()<>\[\]\"']+")
_TOKEN_IN_WORD = re.compile(r"[A-Za-z0-9_-]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a crawler may fetch a URL, and why."""

    allowed: bool
    rule: Rule | None
    """The rule that decided; ``None``: none applies, and what no rule speaks of is allowed."""
    group: str | None
    """The token, as written, of the group that speaks to the crawler; ``None``: none does, or none is asked."""


def evaluate(robots: RobotsTxt, user_agent: str, url: str) -> Verdict:
    """Whether the crawler with this product token or user agent may fetch ``url``, which is absolute or a path."""
    path = _comparable_path(url)
    if path == "/robots.txt":
        return Verdict(True, None, None)  # RFC 9309 §2.2.2: implicitly allowed
    group = _group_for(robots, user_agent)
    if group is None:
        return Verdict(True, None, None)
    for rule in group.rules:
        if rule.pattern.matches(path):
            return Verdict(rule.allow, rule, group.token)
    return Verdict(True, None, group.token)


def _group_for(robots: RobotsTxt, user_agent: str) -> CombinedGroup | None:
    # RFC 9309 §2.2.1: the groups that name the crawler, else those for *, else none.
    combined = robots.combined
    agent = user_agent.strip()
    token = _leading_token(agent)
    if token in _BROWSERS and len(agent) > len(token):
        token = _token_within(robots, agent)
    return combined.get(token) or combined.get("*")


def _leading_token(text: str) -> str:
    found = _LEADING_TOKEN.match(text)
    return fold_token(found[0]) if found else ""


def _token_within(robots: RobotsTxt, agent: str) -> str:
    # Departure: RFC 9309 §2.2.1 lets a crawler look for its own token; we do not know which that is, and take the
    # longest that the file names and the agent holds as a whole word, outside URLs and e-mail addresses.
    named = (token for token in _tokens_of(agent) if token in robots.combined and token not in _BROWSER_WORDS)
    return max(named, key=len, default="")


def _tokens_of(agent: str) -> Iterator[str]:
    for word in _WORD.findall(agent):
        if not _is_address(word):
            yield _leading_token(word)
            yield from map(fold_token, _TOKEN_IN_WORD.findall(word))


def _is_address(word: str) -> bool:
    return "://" in word or "@" in word or word.lstrip("+").startswith("www.")


def _comparable_path(url: str) -> str:
    # RFC 9309 §2.2.2: path and query, percent-encoded the same way on both sides; * and $ are operators in patterns
    # only (§2.2.3), so that the URL's own are encoded. Departure: the RFC would encode all reserved characters; the
    # others stay as they were written, since /a%2Fb and /a/b are two resources.
    # Departure: Google takes //host/path for a URL without scheme; it is a path here, as it is in a request line.
    found = _SCHEME.match(url)
    path = (url[found.end() :] if found else url).partition("#")[0]
    return comparable_path(path if path.startswith("/") else f"/{path}")
