"""Admission: the one way by which a signature set reaches production, whatever path it comes by.

    reading     every fault of the file                             core/signatures
    samples     every entry is recognised, and only where it says   core/matching
    corpora     no browser is recognised, nobody else is refused,   core/corpora
                or said no to in robots.txt
    pinned      the crawlers that everybody asks about are known    core/corpora
    shrinking   four fifths of the entries in force are still there

Rules: all or nothing; a set that fails anywhere is not used at all, and what it failed on has an id, a place in the
file and a remedy (:data:`REMEDIES`). The last four are tried on what could be read; all their faults come at once.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from types import MappingProxyType

from gatepost.core.corpora import Corpus, Expected, Offence, try_corpus
from gatepost.core.crawlers import Match, SignatureSet
from gatepost.core.matching import Matcher, Misfit, sample_misfits
from gatepost.core.signature_entries import entries_of
from gatepost.core.signatures import faults_of, read_placed
from gatepost.core.yaml_events import Fields, Finding, Node, Place, quoted
from gatepost.errors import Fault, SignatureFileError

__all__ = ["REMEDIES", "admit", "sample_faults"]

REMEDIES = MappingProxyType(
    {
        "signatures.sample.missed": (
            "Correct the sample, or give the entry a user-agent token that stands in it as a whole word."
        ),
        "signatures.sample.false": "Correct the sample, or choose a user-agent token that only the crawler has.",
        "signatures.corpus.recognised": "Choose a token that only the crawler has; this one stands for people.",
        "signatures.corpus.refused": (
            "Choose a token that only the crawler has, or correct the purposes: no site may come to refuse these."
        ),
        "signatures.corpus.disallowed": (
            "Leave the robots token out: it is the name of others, and robots.txt would ask them to stay away."
        ),
        "signatures.pinned.missed": "Bring the entry and its tokens back; a file without it is incomplete.",
        "signatures.set.shrunk": (
            "Bring the entries back; a file that lost so many is often half written. To let so many go on purpose, "
            "do it in several releases."
        ),
    }
)
"""Every fault that keeps a set out which could be read: its id, and what to do about it."""

_MOST_GONE = Fraction(1, 5)
"""Of the entries in force that a new set may lack."""


def admit(source: bytes, corpora: Sequence[Corpus], held: SignatureSet | None = None) -> SignatureSet:
    """The signature set in ``source``, if it may be used in production.

    ``held`` is the set in force, of which a new one may not lose more than a fifth; ``None`` where there is none, and
    for the way back to a set that was in force before.

    Raises :class:`~gatepost.errors.SignatureFileError` with all faults.
    """
    reading = read_placed(source)
    if reading.signatures is None:
        raise SignatureFileError(faults_of(reading.findings))
    places = _Places(reading.root, reading.signatures)
    matcher = Matcher(reading.signatures)
    findings = [*_sample_findings(matcher, places), *_corpus_findings(matcher, corpora, places)]
    if held is not None:
        findings += _shrink_findings(reading.signatures, held, places)
    if findings:
        raise SignatureFileError(faults_of(findings, REMEDIES))
    return reading.signatures


def sample_faults(signatures: SignatureSet, root: Node) -> tuple[Fault, ...]:
    """Every sample that is not treated as the file says; ``root`` is the tree that the set was read from."""
    return faults_of(_sample_findings(Matcher(signatures), _Places(root, signatures)), REMEDIES)


class _Places:
    """Where the values of a set stand in the file that they were read from."""

    def __init__(self, root: Node, signatures: SignatureSet) -> None:
        self._entries = dict(zip(signatures.by_name, entries_of(root), strict=True))
        self.crawlers = root.keys_at["crawlers"] if isinstance(root, Fields) else root.place
        """The key that all entries stand under."""

    def entry(self, name: str) -> Place:
        """An entry's name; where all of them begin, if there is no such entry."""
        entry = self._entries.get(name.lower())
        return entry.place("name") if entry else self.crawlers

    def token(self, match: Match, *, in_robots: bool = False) -> Place:
        """The token that something was recognised by, or that robots.txt names it by."""
        key = "robots_tokens" if match.crawler.robots_only or in_robots else "user_agent_tokens"
        return self._entries[match.crawler.name.lower()].place(key, text=match.token)

    def sample(self, misfit: Misfit) -> Place:
        """A sample of an entry."""
        key = "match" if misfit.expected else "no_match"
        return self._entries[misfit.crawler.lower()].place("samples", key, text=misfit.user_agent)


def _sample_findings(matcher: Matcher, places: _Places) -> Iterator[Finding]:
    for misfit in sample_misfits(matcher):
        place = places.sample(misfit)
        shown = quoted(misfit.user_agent)
        if misfit.expected:
            message = f"{misfit.crawler} is not recognised in its own sample {shown}"
            yield Finding(place, "signatures.sample.missed", message)
        else:
            message = f"{misfit.crawler} is recognised in a sample that it must not match: {shown}"
            yield Finding(place, "signatures.sample.false", message)


def _corpus_findings(matcher: Matcher, corpora: Sequence[Corpus], places: _Places) -> Iterator[Finding]:
    for corpus in corpora:
        offences = try_corpus(matcher, corpus).offences
        if corpus.expected is Expected.NAMED:
            yield from (_missed(corpus, offence, places) for offence in offences)
        else:
            yield from _offending_tokens(corpus, offences, places)


def _missed(corpus: Corpus, offence: Offence, places: _Places) -> Finding:
    crawler = offence.specimen.crawler
    message = f"{crawler} is not recognised in the {corpus.kind} user agent {quoted(offence.specimen.user_agent)}"
    return Finding(places.entry(crawler), "signatures.pinned.missed", message)


def _offending_tokens(corpus: Corpus, offences: Sequence[Offence], places: _Places) -> Iterator[Finding]:
    """One finding a token: how many of the corpus it hits, and the first of them."""
    by_match: dict[tuple[str, str, bool], list[tuple[Match, Offence]]] = {}
    for offence in offences:
        if offence.match is not None:
            key = (offence.match.crawler.name, offence.match.token, offence.in_robots)
            by_match.setdefault(key, []).append((offence.match, offence))
    for hits in by_match.values():
        match, first = hits[0]
        id, done = _offence(corpus, first)
        count = f"{len(hits):,} of {len(corpus.specimens):,} {corpus.kind}"
        shown = f"at line {first.specimen.line} {quoted(first.specimen.user_agent)}"
        message = f"{match.crawler.name}: the token {quoted(match.token)} {done} {count}, the first one {shown}"
        yield Finding(places.token(match, in_robots=first.in_robots), id, message)


def _offence(corpus: Corpus, offence: Offence) -> tuple[str, str]:
    """The id of what a token does, and the verb for it."""
    if offence.in_robots:
        return "signatures.corpus.disallowed", "says no in robots.txt to"
    if corpus.expected is Expected.UNRECOGNISED:
        return "signatures.corpus.recognised", "recognises"
    return "signatures.corpus.refused", "refuses"


def _shrink_findings(signatures: SignatureSet, held: SignatureSet, places: _Places) -> Iterator[Finding]:
    gone = held.by_name.keys() - signatures.by_name.keys()
    if len(gone) > _MOST_GONE * len(held.crawlers):
        message = f"{len(gone)} of the {len(held.crawlers)} entries in force are gone"
        yield Finding(places.crawlers, "signatures.set.shrunk", message)
