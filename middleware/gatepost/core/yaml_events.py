"""Strict YAML: the bytes of a file that a person wrote, as a tree that remembers where everything stood.

Owns the part of reading that a hostile file could abuse. Rules: PyYAML's event parser only, never its composer or
constructor (merge keys hang them, deep nesting kills them); every scalar is text, and what it means is for others to
say; one document, no anchors, aliases, tags, directives, merge keys or doubled keys; limits on size, depth and events.
What can be passed over is reported and reading goes on; what cannot ends it with :class:`Unreadable`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import yaml

__all__ = [
    "MAX_BYTES",
    "MAX_FAULTS",
    "MOST_READ",
    "NULL_OR_TYPED",
    "Fields",
    "Finding",
    "Items",
    "Node",
    "Place",
    "Text",
    "Tree",
    "Unreadable",
    "decode",
    "quoted",
    "read_tree",
    "texts_below",
]

MAX_BYTES = 1 << 20
MOST_READ = MAX_BYTES + 1
"""Of a file: one octet more than is taken, so that it can be said that the file is too large."""
MAX_DEPTH = 12
MAX_EVENTS = 200_000
MAX_FAULTS = 1000
"""Nobody reads more, and a hostile file could name hundreds of thousands."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it; the slower twin gives the same events."""

_TOO_DEEP = "exceeded maximum nesting depth"

_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""Controls, line separators and marks that turn the writing direction: none of them can be seen in a review."""

NULL_OR_TYPED = re.compile(
    r"(?P<null>~|null|)|true|false|yes|no|on|off|y|n|[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)(e[-+]?[0-9]+)?"
    r"|0[xob][0-9a-f_]+|[-+]?[0-9]+(:[0-9]+)+|[-+]?\.inf|\.nan",
    re.IGNORECASE | re.ASCII,
)
"""Unquoted scalars that some YAML reader takes for null, a boolean or a number (YAML 1.1 and 1.2)."""


class Place(NamedTuple):
    """Where something stands; both count from 1."""

    line: int
    column: int


class Finding(NamedTuple):
    """A fault before its remedy is looked up; sorts in the order of the file."""

    place: Place
    id: str
    message: str


class Unreadable(Exception):
    """Nothing after this finding can be read."""

    def __init__(self, place: Place, id: str, message: str) -> None:
        """Hold the finding."""
        super().__init__(message)
        self.finding = Finding(place, id, message)


class Text(str):
    """A scalar. ``plain``: written without quotes. ``hole``: stands for something already reported."""

    __slots__ = ("hole", "place", "plain")
    place: Place
    plain: bool
    hole: bool

    def __new__(cls, text: str, place: Place, *, plain: bool = False, hole: bool = False) -> "Text":
        """A string that knows its place."""
        self = super().__new__(cls, text)
        self.place, self.plain, self.hole = place, plain, hole
        return self


class Items(list["Node"]):
    """A sequence."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        """Empty, and filled as events come."""
        super().__init__()
        self.place = place


class Fields(dict[str, "Node"]):
    """A mapping; ``keys_at`` says where each key stands, ``pending`` is the key whose value comes next."""

    __slots__ = ("keys_at", "pending", "place")

    def __init__(self, place: Place) -> None:
        """Empty, and filled as events come."""
        super().__init__()
        self.place = place
        self.keys_at: dict[str, Place] = {}
        self.pending: Text | None = None


Node: TypeAlias = Text | Items | Fields


class Tree(NamedTuple):
    """What a file holds, and the findings that reading could pass over."""

    root: Node
    findings: list[Finding]


def quoted(text: str) -> str:
    """A stranger's text as a message shows it: short, on one line, harmless on a terminal."""
    cut = text if len(text) <= 60 else text[:59] + "…"
    return f"'{cut if cut.isprintable() else _visible(cut)}'"


def _visible(text: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def place_at(text: str, offset: int) -> Place:
    """The place of a character by its offset."""
    lines = re.split(r"\r\n|\n|\r", text[:offset])
    return Place(len(lines), len(lines[-1]) + 1)


def decode(source: bytes) -> str:
    """The text of a file: strict UTF-8 without its byte order mark, of bounded size, without invisible controls."""
    top = Place(1, 1)
    if len(source) > MAX_BYTES:
        raise Unreadable(top, "signatures.file.size", f"the file has {len(source):,} bytes; {MAX_BYTES:,} are allowed")
    if source[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in source[:2]:
        raise Unreadable(top, "signatures.file.utf16", "the file is written in UTF-16 or UTF-32, not in UTF-8")
    source = source.removeprefix(b"\xef\xbb\xbf")
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        place = place_at(source[: error.start].decode("utf-8"), error.start)
        raise Unreadable(place, "signatures.file.encoding", f"byte 0x{source[error.start]:02x} is not UTF-8") from error
    found = _CONTROL.search(text)
    if found:
        place, name = place_at(text, found.start()), f"U+{ord(found[0]):04X}"
        raise Unreadable(place, "signatures.file.control", f"the invisible character {name} stands here")
    return text


def read_tree(text: str) -> Tree:
    """The one document that ``text`` holds; raises :class:`Unreadable` where reading cannot go on."""
    reading = _Reading()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            reading.take(event)
    except Unreadable:
        raise
    except Exception as error:
        raise _syntax_fault(error) from error
    if reading.root is None:
        raise Unreadable(Place(1, 1), "signatures.yaml.empty", "the file holds nothing but blanks and comments")
    return Tree(reading.root, reading.findings)


def texts_below(node: Node, key: str = "") -> Iterator[tuple[str, Text]]:
    """Every scalar value of a tree with the key that it stands under."""
    if isinstance(node, Text):
        yield key, node
    elif isinstance(node, Items):
        for item in node:
            yield from texts_below(item, key)
    else:
        for name, value in node.items():
            yield from texts_below(value, name)


def _syntax_fault(error: Exception) -> Unreadable:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
    words = [getattr(error, name, None) for name in ("context", "problem")]
    reason = ", ".join(word for word in words if isinstance(word, str)) or type(error).__name__
    if _TOO_DEEP in reason:  # libyaml from 0.2.6 on stops flow collections itself, and says so in words alone
        return Unreadable(place, "signatures.yaml.depth", f"more than {MAX_DEPTH} levels are nested here")
    return Unreadable(place, "signatures.yaml.syntax", f"this is not YAML: {reason}")


class _Reading:
    """A tree in the making, fed event by event."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self._open: list[Items | Fields] = []
        self._events = 0

    def take(self, event: yaml.Event) -> None:
        """Carry the tree one event further."""
        self._events += 1
        mark = event.start_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        if self._events > MAX_EVENTS:
            message = f"the file holds more than {MAX_EVENTS:,} parts"
            raise Unreadable(place, "signatures.yaml.events", message)
        if isinstance(event, yaml.ScalarEvent):
            self._check_properties(event, place)
            self._add(Text(event.value, place, plain=event.style is None or event.style == ""))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._check_properties(event, place)
            self._start(Items(place) if isinstance(event, yaml.SequenceStartEvent) else Fields(place))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.AliasEvent):
            self._report(place, "signatures.yaml.alias", f"the alias {quoted(f'*{event.anchor}')} stands here")
            self._add(Text("", place, hole=True))
        elif isinstance(event, yaml.DocumentStartEvent):
            self._check_document(event, place)

    def _report(self, place: Place, id: str, message: str) -> None:
        if len(self.findings) <= MAX_FAULTS:
            self.findings.append(Finding(place, id, message))

    def _check_document(self, event: yaml.DocumentStartEvent, place: Place) -> None:
        if self.root is not None:
            raise Unreadable(place, "signatures.yaml.documents", "a second document begins here")
        if event.version or event.tags:
            self._report(place, "signatures.yaml.directive", "the document begins with a %YAML or %TAG directive")

    def _check_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: Place) -> None:
        if event.anchor is not None:
            self._report(place, "signatures.yaml.anchor", f"the anchor {quoted(f'&{event.anchor}')} stands here")
        if event.tag is not None:
            self._report(place, "signatures.yaml.tag", f"the tag {quoted(event.tag)} stands here")

    def _start(self, node: Items | Fields) -> None:
        self._add(node)
        self._open.append(node)
        if len(self._open) > MAX_DEPTH:
            raise Unreadable(node.place, "signatures.yaml.depth", f"more than {MAX_DEPTH} levels are nested here")

    def _add(self, node: Node) -> None:
        parent = self._open[-1] if self._open else None
        if parent is None:
            self.root = node
        elif isinstance(parent, Items):
            parent.append(node)
        elif parent.pending is None:
            parent.pending = self._key(node, parent)
        else:
            if not parent.pending.hole:
                parent[str(parent.pending)] = node
            parent.pending = None

    def _key(self, node: Node, parent: Fields) -> Text:
        """The node as a key, or a hole that swallows the value when it is none."""
        hole = Text("", node.place, hole=True)
        if not isinstance(node, Text) or (node.plain and NULL_OR_TYPED.fullmatch(node)):
            self._report(node.place, "signatures.key.text", "this key is not a word")
        elif node == "<<":
            self._report(node.place, "signatures.yaml.merge", "the merge key '<<' stands here")
        elif node in parent.keys_at:
            line, column = parent.keys_at[node]
            message = f"the key {quoted(node)} stands at line {line}, column {column} already"
            self._report(node.place, "signatures.key.duplicate", message)
        elif not node.hole:
            parent.keys_at[str(node)] = node.place
            return node
        return hole
