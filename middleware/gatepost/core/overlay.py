"""A file of this machine laid over the signature file, so that local entries survive every update of it.

    format: 1
    without: [NameOfAnEntry]     entries to be taken out
    crawlers:                    entries that replace those of the same name, or are added

Rules: what comes out is a signature file of its own, whole and canonical, so that everything after sees one file; the
same two files give the same octets. A fault is told in the file that it stands in, by that file's own lines. To take
out what is not there is no fault, as an update may have taken it out already.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from gatepost.core.admission import admit
from gatepost.core.corpora import Corpus
from gatepost.core.crawlers import Crawler, SignatureSet
from gatepost.core.signature_schema import OverlayFile
from gatepost.core.signature_writing import write_signatures
from gatepost.core.signatures import faults_of, judge, read_placed
from gatepost.core.yaml_events import (
    Fields,
    Finding,
    Items,
    Node,
    Place,
    Text,
    Unreadable,
    decode,
    quoted,
    read_tree,
)
from gatepost.errors import Fault, FaultLevel, SignatureFileError

__all__ = ["LEVELS", "OVERLAY", "REMEDIES", "Overlaid", "lay_over", "overlaid"]

OVERLAY = "overlay"
"""The ``file`` of a fault that stands in the overlay."""

REMEDIES = MappingProxyType(
    {
        "signatures.overlay.token": (
            "Give this entry the other one's name, so that it replaces it; or name the other one under without."
        ),
        "signatures.overlay.both": "Delete one of the two; an entry that replaces another needs no without.",
        "signatures.overlay.governed": "Leave it in, or take out the entry that governs it as well.",
        "signatures.overlay.nothing": "Leave an entry in.",
        "signatures.overlay.unknown": "Delete the name if an update took the entry out; else correct its spelling.",
    }
)
"""What an overlay can have wrong besides what a signature file can: the ids, and what to do about each."""

LEVELS = MappingProxyType({"signatures.overlay.unknown": FaultLevel.WARNING})
"""Those that are no errors."""

_Path = tuple[str | int, ...]

_TOKEN_KEYS = ("robots_tokens", "user_agent_tokens")


@dataclass(frozen=True, slots=True)
class Overlaid:
    """Two files laid over each other."""

    source: bytes = field(repr=False)
    """A whole signature file."""
    replaced: tuple[str, ...]
    added: tuple[str, ...]
    taken_out: tuple[str, ...]
    warnings: tuple[Fault, ...]
    """Names that were to be taken out and are not there."""
    base: Node = field(repr=False)
    overlay: Node = field(repr=False)

    def admitted(self, corpora: Sequence[Corpus], held: SignatureSet | None = None) -> SignatureSet:
        """The signature set of both, if it may be used in production, as :func:`~gatepost.core.admission.admit` says.

        Raises :class:`~gatepost.errors.SignatureFileError` with all faults, each told in the file that it comes from.
        """
        try:
            admitted = admit(self.source, corpora, held)
        except SignatureFileError as error:
            raise SignatureFileError(tuple(sorted(self.traced(error.faults), key=_overlay_first))) from error
        return replace(admitted, local=frozenset(name.lower() for name in (*self.replaced, *self.added)))

    def traced(self, faults: Iterable[Fault]) -> Iterator[Fault]:
        """Faults of :attr:`source`, each told where the value stands in the file that it comes from."""
        try:
            entries = _items(read_tree(decode(self.source)).root, "crawlers")
        except Unreadable:  # too large: by what was laid over it, as what is below could be read
            entries = ()
        for fault in faults:
            place = Place(fault.line, fault.column)
            entry = next((one for one in reversed(entries) if one.place <= place), None)
            yield replace(fault, line=1, column=1, file=OVERLAY) if entry is None else self._traced(fault, place, entry)

    def _traced(self, fault: Fault, place: Place, entry: Node) -> Fault:
        """A fault that stands in an entry of :attr:`source`, which has come from one of the two files."""
        path = next((path for path, found in _paths(entry) if found == place), ())
        for file, root in ((OVERLAY, self.overlay), ("", self.base)):
            for one in _items(root, "crawlers"):
                if _name_of(one) == _name_of(entry):
                    line, column = _place_of(one, path)
                    return replace(fault, line=line, column=column, file=file)
        return replace(fault, line=1, column=1, file=OVERLAY)


def overlaid(base: bytes, overlay: bytes) -> bytes:
    """A whole signature file: ``base`` with ``overlay`` laid over it.

    Raises :class:`~gatepost.errors.SignatureFileError` with all faults; those with ``file`` :data:`OVERLAY` stand in
    the overlay, the others in the signature file.
    """
    return lay_over(base, overlay).source


def lay_over(base: bytes, overlay: bytes) -> Overlaid:
    """The same, with what was done."""
    below = read_placed(base)
    if below.signatures is None:
        raise SignatureFileError(faults_of(below.findings))
    laying = _laying(below.signatures, overlay)
    findings = list(laying.findings())
    if findings:
        raise _error(findings)
    held = below.signatures.by_name
    return Overlaid(
        write_signatures(below.signatures.version, laying.entries(), laying.remarks(overlay)).encode(),
        replaced=tuple(crawler.name for name, crawler in laying.crawlers.items() if name in held),
        added=tuple(crawler.name for name, crawler in laying.crawlers.items() if name not in held),
        taken_out=tuple(held[name].name for name in laying.without if name in held),
        warnings=_in_the_overlay(faults_of(laying.unknown(), REMEDIES, LEVELS)),
        base=below.root,
        overlay=laying.root,
    )


def _overlay_first(fault: Fault) -> tuple[bool, Fault]:
    return fault.file != OVERLAY, fault


def _error(findings: Sequence[Finding]) -> SignatureFileError:
    return SignatureFileError(_in_the_overlay(faults_of(findings, REMEDIES)))


def _in_the_overlay(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(replace(fault, file=OVERLAY) for fault in faults)


@dataclass(frozen=True, slots=True)
class _Laying:
    """An overlay that is right in itself, about to be laid over a set."""

    below: SignatureSet
    root: Node
    crawlers: Mapping[str, Crawler]
    """By lower-cased name."""
    without: Mapping[str, Text]
    """By lower-cased name."""

    def entries(self) -> list[Crawler]:
        """The entries of both: what is replaced stays in its place, what is added comes last."""
        kept = [(name, crawler) for name, crawler in self.below.by_name.items() if name not in self.without]
        added = [crawler for name, crawler in self.crawlers.items() if name not in self.below.by_name]
        return [self.crawlers.get(name, crawler) for name, crawler in kept] + added

    def findings(self) -> Iterator[Finding]:
        """What does not go together."""
        for name in self.without.keys() & self.crawlers.keys():
            text = self.without[name]
            message = f"{quoted(text)} is to be taken out, and has an entry here"
            yield Finding(text.place, "signatures.overlay.both", message)
        yield from self._governed()
        yield from self._doubled()
        if not self.entries():
            place = self.root.place
            yield Finding(place, "signatures.overlay.nothing", "nothing is left of the signature file")

    def unknown(self) -> Iterator[Finding]:
        """Names to be taken out that are not there."""
        for name, text in self.without.items():
            if name not in self.below.by_name:
                message = f"{quoted(text)} is to be taken out, and the signature file does not have it"
                yield Finding(text.place, "signatures.overlay.unknown", message)

    def _governed(self) -> Iterator[Finding]:
        """Entries that are taken out and that one which stays speaks about."""
        for crawler in self.entries():
            for name in crawler.governs:
                text = self.without.get(name.lower())
                if text is not None and name.lower() not in self.crawlers:
                    message = f"{quoted(text)} is to be taken out, and {crawler.name} governs it"
                    yield Finding(text.place, "signatures.overlay.governed", message)

    def _doubled(self) -> Iterator[Finding]:
        """Tokens that an entry of the signature file has which stays."""
        kept = [one for name, one in self.below.by_name.items() if name not in {*self.without, *self.crawlers}]
        for key in _TOKEN_KEYS:
            owners = {token.lower(): one.name for one in kept for token in getattr(one, key)}
            for text in _texts(self.root, key):
                if text.lower() in owners:
                    message = f"{key}: {quoted(text)} is a token of {owners[text.lower()]} in the signature file"
                    yield Finding(text.place, "signatures.overlay.token", message)

    def remarks(self, overlay: bytes) -> dict[str, str]:
        """Comments that say where each part comes from."""
        sums = self.below.sha256[:16], hashlib.sha256(overlay).hexdigest()[:16]
        about = "Made of the signature file {} and the overlay {}; edit these, and not this.".format(*sums)
        places = {_name_of(entry): entry.place.line for entry in _items(self.root, "crawlers")}
        come = {crawler.name: f"from line {places[name]} of the overlay" for name, crawler in self.crawlers.items()}
        return {"": about} | come


def _laying(below: SignatureSet, overlay: bytes) -> _Laying:
    """The overlay, read by the rules of a signature file; an entry may also govern one of the set below."""
    try:
        tree = read_tree(decode(overlay))
    except Unreadable as end:
        raise _error([end.finding]) from end
    file, findings = judge(tree, OverlayFile)
    held = {text.place for text in _texts(tree.root, "governs") if text.lower() in below.by_name}
    findings = [one for one in findings if one.id != "signatures.governs.unknown" or one.place not in held]
    if file is None or findings:
        raise _error(findings)
    crawlers = (entry.crawler() for entry in file.crawlers)
    without = _items(tree.root, "without")
    return _Laying(
        below,
        tree.root,
        {crawler.name.lower(): crawler for crawler in crawlers},
        {text.lower(): text for text in without if isinstance(text, Text)},
    )


def _items(node: Node, key: str) -> Sequence[Node]:
    found = node.get(key) if isinstance(node, Fields) else None
    return found if isinstance(found, Items) else ()


def _texts(root: Node, key: str) -> Iterator[Text]:
    """The items of the lists under a key of the entries."""
    for entry in _items(root, "crawlers"):
        yield from (item for item in _items(entry, key) if isinstance(item, Text))


def _name_of(entry: Node) -> str:
    """The name of an entry in lower case."""
    return str(entry["name"]).lower() if isinstance(entry, Fields) and "name" in entry else ""


def _paths(node: Node, above: _Path = ()) -> Iterator[tuple[_Path, Place]]:
    """The keys and numbers that lead to everything below a node, the deepest first."""
    below: Iterable[tuple[str | int, Node]] = ()
    if isinstance(node, Fields):
        below = node.items()
    elif isinstance(node, Items):
        below = enumerate(node)
    for part, value in below:
        yield from _paths(value, (*above, part))
    yield above, node.place


def _place_of(node: Node, path: _Path) -> Place:
    """What stands at the end of a path, or as far along it as there is anything."""
    for part in path:
        below: Node | None = None
        if isinstance(node, Fields):
            below = node.get(str(part))
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node):
            below = node[part]
        if below is None:
            break
        node = below
    return node.place
