"""What is worth a look in ``crawler_signatures.yaml`` although it may be used as it is: for whoever keeps the file.

Rules: nothing here keeps a file out of production (``core/admission`` does that); the day comes from the caller; tokens
are searched for all at once, so that a file of many costs no more than a long one.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from types import MappingProxyType

from ahocorasick_rs import AhoCorasick

from gatepost.core.signature_entries import Entry, entries_of
from gatepost.core.signatures import fault_of
from gatepost.core.yaml_events import MAX_FAULTS, Finding, Node, Text, quoted
from gatepost.errors import Fault, FaultLevel

__all__ = ["LEVELS", "REMEDIES", "hygiene_faults"]

REMEDIES = MappingProxyType(
    {
        "signatures.review.overdue": "Read the sources again, then raise honours_robots.checked and review_by.",
        "signatures.review.ahead": "Write the day on which the source was really read.",
        "signatures.token.unsampled": "Add a whole user agent that carries the token to samples.match.",
        "signatures.token.inside": "None needed: the longer one counts. Who looks for parts of words mixes the two up.",
    }
)
"""Every finding: its id, and what to do about it."""

LEVELS = MappingProxyType(dict.fromkeys(REMEDIES, FaultLevel.WARNING) | {"signatures.token.inside": FaultLevel.NOTE})
"""How bad each of them is."""


def hygiene_faults(root: Node, today: date) -> tuple[Fault, ...]:
    """Everything that is worth a look, in the order of the file."""
    entries = entries_of(root)
    findings = [finding for entry in entries for finding in _entry_findings(entry, today.isoformat())]
    findings += islice(_tokens_inside(entries), MAX_FAULTS)
    return tuple(fault_of(finding, REMEDIES, LEVELS) for finding in sorted(set(findings)))


def _entry_findings(entry: Entry, today: str) -> Iterator[Finding]:
    review, checked = entry.text("review_by"), entry.text("honours_robots", "checked")
    if review and _is_day(review) and review < today:
        yield entry.fault(review.place, "signatures.review.overdue", f"its review was due by {review}")
    if checked and _is_day(checked) and checked > today:
        yield entry.fault(checked.place, "signatures.review.ahead", f"it was checked on {checked}, which is to come")
    yield from _unsampled(entry)


def _unsampled(entry: Entry) -> Iterator[Finding]:
    tokens = entry.texts("user_agent_tokens")
    shown = _Search(tokens).held_by("\n".join(entry.texts("samples", "match")))
    for token in tokens:
        if token.lower() not in shown:
            message = f"no sample shows the token {quoted(token)}"
            yield entry.fault(token.place, "signatures.token.unsampled", message)


def _is_day(text: Text) -> bool:
    return len(text) == len("2026-11-22")


def _tokens_inside(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Tokens that hold another entry's token."""
    owners = {token.lower(): (entry, token) for entry in entries for token in _tokens(entry)}
    search = _Search(owners)
    for entry, token in owners.values():
        for inside in search.held_by(token):
            other, inner = owners[inside]
            if other is not entry:
                message = f"the token {quoted(token)} holds {quoted(inner)}, which is {other.label}'s"
                yield entry.fault(token.place, "signatures.token.inside", message)


def _tokens(entry: Entry) -> Iterator[Text]:
    yield from entry.texts("robots_tokens")
    yield from entry.texts("user_agent_tokens")


class _Search:
    """Tokens, to be found in texts in any case and anywhere."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = [token.lower() for token in tokens if token]
        self._automaton = AhoCorasick(self._tokens)

    def held_by(self, text: str) -> dict[str, None]:
        """Those that ``text`` holds, in lower case and in the order in which they end."""
        found = self._automaton.find_matches_as_indexes(text.lower(), overlapping=True)
        return dict.fromkeys(self._tokens[index] for index, _, _ in found)
