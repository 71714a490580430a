"""The entries of ``crawler_signatures.yaml`` as the rules look at them: places and texts, whatever shape they have.

Rules: what is not of the right shape counts as nothing here, as the schema reports it.
"""

from dataclasses import dataclass

from gatepost.core.signature_schema import entry_label
from gatepost.core.yaml_events import Fields, Finding, Items, Node, Place, Text

__all__ = ["Entry", "entries_of"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the tree."""

    fields: Fields
    label: str
    """How messages name it."""

    def text(self, *path: str) -> Text | None:
        """The text below these keys."""
        node = self._below(path)
        return node if isinstance(node, Text) and not node.hole else None

    def texts(self, *path: str) -> list[Text]:
        """The texts of the list below these keys."""
        node = self._below(path)
        items = node if isinstance(node, Items) else []
        return [item for item in items if isinstance(item, Text) and not item.hole]

    def empty(self, key: str) -> bool:
        """Whether a list is there and holds nothing."""
        node = self.fields.get(key)
        return isinstance(node, Items) and not node

    def _below(self, path: tuple[str, ...]) -> Node | None:
        node: Node | None = self.fields
        for key in path:
            node = node.get(key) if isinstance(node, Fields) else None
        return node

    def place(self, *path: str, text: str = "") -> Place:
        """Where ``text`` stands in the list below these keys, or their value; the entry's own place for neither."""
        found = next((one.place for one in self.texts(*path) if one == text), None)
        node = self._below(path)
        return found or (node.place if node is not None else self.fields.place)

    def fault(self, place: Place, id: str, message: str) -> Finding:
        """A finding that names the entry."""
        return Finding(place, id, f"{self.label}: {message}")

    def fault_at(self, key: str, id: str, message: str) -> Finding:
        """The same at one of its keys, or where the entry begins."""
        return self.fault(self.fields.keys_at.get(key, self.fields.place), id, message)

    @property
    def purposes(self) -> frozenset[str]:
        """The words that stand for purposes."""
        return frozenset(str(purpose) for purpose in self.texts("purposes"))


def entries_of(root: Node) -> list[Entry]:
    """The entries of a file, in its order."""
    nodes = root.get("crawlers") if isinstance(root, Fields) else None
    listed = enumerate(nodes) if isinstance(nodes, Items) else ()
    return [Entry(node, entry_label(root, index)) for index, node in listed if isinstance(node, Fields)]
