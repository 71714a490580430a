"""What takes several keys or several entries of ``crawler_signatures.yaml`` to say: the rules beyond its schema.

Rules: every rule reads the tree and not the model, so that it reports next to the schema's faults and not after them;
it passes over what has not the right shape, which the schema reports. A token is a safety matter: one that is too wide
refuses people (reliability B-41), one in two entries makes the answer depend on their order.
"""

import re
from collections.abc import Callable, Iterator

from gatepost.core.crawlers import AI_PURPOSES, Purpose
from gatepost.core.signature_entries import Entry, entries_of
from gatepost.core.yaml_events import Fields, Finding, Items, Node, Place, Text, quoted

__all__ = ["GENERIC_WORDS", "OPERATOR_WORDS", "rule_findings"]

_GENERIC = """
agent ai aiohttp android api app applewebkit archive archiver assistant axios beta bot bots browser chrome chromium
client code com compatible crawl crawler crawlers curl cursor data desktop edg edge feed fetch fetcher firefox gecko
go go-http-client headless html http https httpx indexer info internet ios ipad iphone java khtml library libwww-perl
like linux mac macintosh mobile monitor mozilla msie net network news node node-fetch okhttp opera operator opr page
perl phone php preview proxy python python-requests reader request requests research robot robots ruby safari scan
scanner scraper scrapy search security seo server service site spider spiders tablet test tool trident undici unknown
urllib user user-agent version web webkit website wget windows www x11
"""

GENERIC_WORDS = frozenset(_GENERIC.split())
"""Words that name a kind of program, a browser or a library, and so never one crawler, alone or joined together."""

OPERATOR_WORDS = frozenset(
    {"amazon", "anthropic", "apple", "bytedance", "facebook", "google", "meta", "microsoft", "openai"}
)
"""Words that name several crawlers' operator, and so never one crawler when they stand alone."""

_VERSION = re.compile(r"/v?[0-9]|[0-9]\.[0-9]")
_NUMBERS = re.compile(r"v?[0-9._-]+", re.IGNORECASE | re.ASCII)
_ROBOTS_TOKEN_LENGTH = 4
"""Old readers look for a token inside a crawler's name: a shorter one they would find in many."""
_DIRECTIVES = "allow content-signal content-usage crawl-delay disallow noindex sitemap user-agent useragent"
_DIRECTIVE_NAMES = tuple(_DIRECTIVES.split())


def rule_findings(root: Node) -> Iterator[Finding]:
    """Every fault that takes more than one value to see."""
    entries = entries_of(root)
    for entry in entries:
        for rule in _ENTRY_RULES:
            yield from rule(entry)
    yield from _doubled(entries, _names, "signatures.name.duplicate", "the name")
    yield from _doubled(entries, _robots_tokens, "signatures.robots_token.duplicate", "the robots token")
    yield from _doubled(entries, _user_agent_tokens, "signatures.token.duplicate", "the user-agent token")
    yield from _foreign_robots_tokens(entries)
    yield from _unknown_governed(entries)


def _token_rule(entry: Entry) -> Iterator[Finding]:
    for token in entry.texts("user_agent_tokens"):
        yield from _too_wide(entry, token, "signatures.token")


def _robots_token_rule(entry: Entry) -> Iterator[Finding]:
    for token in entry.texts("robots_tokens"):
        yield from _too_wide(entry, token, "signatures.robots_token")
        if len(token) < _ROBOTS_TOKEN_LENGTH:
            message = f"robots_tokens needs at least {_ROBOTS_TOKEN_LENGTH} characters, not {quoted(token)}"
            yield entry.fault(token.place, "signatures.token.length", message)
        if token.lower().startswith(_DIRECTIVE_NAMES):
            message = f"the robots token {quoted(token)} begins like a directive"
            yield entry.fault(token.place, "signatures.robots_token.directive", message)


def _too_wide(entry: Entry, token: Text, family: str) -> Iterator[Finding]:
    words = [word for word in re.split("[^a-z0-9]+", token[:200].lower()) if word]
    generic = token.lower() in GENERIC_WORDS or token.lower() in OPERATOR_WORDS
    if generic or (words and GENERIC_WORDS.issuperset(words)):
        yield entry.fault(token.place, f"{family}.generic", f"the token {quoted(token)} names no single crawler")
    elif _NUMBERS.fullmatch(token):
        yield entry.fault(token.place, f"{family}.number", f"the token {quoted(token)} is only a number")
    elif _VERSION.search(token):
        yield entry.fault(token.place, f"{family}.version", f"the token {quoted(token)} holds a version")


def _recognisable_rule(entry: Entry) -> Iterator[Finding]:
    if entry.empty("robots_tokens") and entry.empty("user_agent_tokens"):
        yield entry.fault_at("robots_tokens", "signatures.tokens.none", "it has no token at all")
    elif entry.empty("robots_tokens") and entry.purposes & AI_PURPOSES:
        message = "it takes content for AI, and robots_tokens holds no token to name it by"
        yield entry.fault_at("robots_tokens", "signatures.robots_token.missing", message)


def _service_rule(entry: Entry) -> Iterator[Finding]:
    if entry.empty("purposes") and "service" not in entry.fields:
        yield entry.fault_at("purposes", "signatures.service.missing", "it has neither a purpose nor a service")
    if entry.purposes and "service" in entry.fields:
        yield entry.fault_at("service", "signatures.service.unexpected", "it has purposes and a service")


def _mixed_use_rule(entry: Entry) -> Iterator[Finding]:
    mixed = Purpose.SEARCH in entry.purposes and bool(entry.purposes & AI_PURPOSES)
    said = entry.text("mixed_use")
    if mixed and "mixed_use" not in entry.fields:
        message = "it takes content for search and for AI, and does not say mixed_use"
        yield entry.fault_at("purposes", "signatures.mixed_use.missing", message)
    if said is not None and said.lower() == "true" and "purposes" in entry.fields and not mixed:
        message = "mixed_use is true, and its purposes are not search together with AI"
        yield entry.fault(said.place, "signatures.mixed_use.wrong", message)


def _governs_rule(entry: Entry) -> Iterator[Finding]:
    if entry.texts("governs") and entry.texts("user_agent_tokens"):
        message = "it governs other crawlers, and has user agents of its own"
        yield entry.fault_at("governs", "signatures.governs.wire", message)


def _review_rule(entry: Entry) -> Iterator[Finding]:
    checked, review = entry.text("honours_robots", "checked"), entry.text("review_by")
    if checked and review and len(checked) == len(review) and review <= checked:
        message = f"review_by {quoted(review)} is not after {quoted(checked)}, the day of the last check"
        yield entry.fault(review.place, "signatures.review.early", message)


def _samples_rule(entry: Entry) -> Iterator[Finding]:
    samples = entry.fields.get("samples")
    match = samples.get("match") if isinstance(samples, Fields) else None
    if isinstance(match, Items) and not match and entry.texts("user_agent_tokens"):
        yield entry.fault(match.place, "signatures.samples.missing", "samples.match has no user agent to recognise")


def _repetition_rule(entry: Entry) -> Iterator[Finding]:
    for key in ("robots_tokens", "user_agent_tokens", "purposes", "governs"):
        seen: set[str] = set()
        for text in entry.texts(key):
            if text.lower() in seen:
                message = f"{key} holds {quoted(text)} twice"
                yield entry.fault(text.place, "signatures.value.repeated", message)
            seen.add(text.lower())


_ENTRY_RULES: tuple[Callable[[Entry], Iterator[Finding]], ...] = (
    _token_rule,
    _robots_token_rule,
    _recognisable_rule,
    _service_rule,
    _mixed_use_rule,
    _governs_rule,
    _review_rule,
    _samples_rule,
    _repetition_rule,
)


def _names(entry: Entry) -> list[Text]:
    name = entry.text("name")
    return [] if name is None else [name]


def _robots_tokens(entry: Entry) -> list[Text]:
    return entry.texts("robots_tokens")


def _user_agent_tokens(entry: Entry) -> list[Text]:
    return entry.texts("user_agent_tokens")


def _doubled(entries: list[Entry], values: Callable[[Entry], list[Text]], id: str, what: str) -> Iterator[Finding]:
    """Values that an earlier entry has, letter case aside."""
    owners: dict[str, tuple[Entry, Place]] = {}
    for entry in entries:
        for text in values(entry):
            owner, place = owners.setdefault(text.lower(), (entry, text.place))
            if owner is not entry:
                message = f"{what} {quoted(text)} is {owner.label}'s already, at line {place.line}"
                yield entry.fault(text.place, id, message)


def _foreign_robots_tokens(entries: list[Entry]) -> Iterator[Finding]:
    """Tokens by which robots.txt would say to one crawler what is meant for another; what is the other's robots token
    as well is doubled.
    """
    owners: dict[str, list[Entry]] = {}
    for entry in entries:
        meant = {token.lower() for token in _robots_tokens(entry)}
        for word in {text.lower() for text in (*_names(entry), *_user_agent_tokens(entry))} - meant:
            owners.setdefault(word, []).append(entry)
    for entry in entries:
        for token in _robots_tokens(entry):
            for owner in [one for one in owners.get(token.lower(), ()) if one is not entry][:1]:
                message = f"the robots token {quoted(token)} is what {owner.label} goes by"
                yield entry.fault(token.place, "signatures.robots_token.foreign", message)


def _unknown_governed(entries: list[Entry]) -> Iterator[Finding]:
    known = {str(name).lower() for entry in entries for name in _names(entry)}
    for entry in entries:
        for name in entry.texts("governs"):
            if name.lower() not in known:
                message = f"it governs {quoted(name)}, and no entry has that name"
                yield entry.fault(name.place, "signatures.governs.unknown", message)
