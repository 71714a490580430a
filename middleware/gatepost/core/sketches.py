"""About how many different things there were, in a few hundred octets: sketches of DataSketches (Apache).

Rules: a sketch holds hashes and no text, is of the same size for any number of things, and two of them make one for
both; where the library is not installed nothing is guessed: ``None`` is a number that is not known.
"""

from collections.abc import Iterable
from functools import cache, reduce
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

__all__ = ["counted", "is_known", "sketch_of", "together"]

_LOG_PLACES = 10
"""At most 700 octets; two in three are within 2 %, nearly all within 6 %."""


def is_known() -> bool:
    """Whether this installation can count different things."""
    return find_spec("datasketches") is not None


@cache
def _library() -> ModuleType:
    """Imported by the first who needs it: it brings NumPy, which takes a third of a second."""
    return import_module("datasketches")


def sketch_of(things: Iterable[str], begun: bytes | None = None) -> bytes | None:
    """A sketch of texts, and of those that another one has seen."""
    if not is_known():
        return None
    sketch = _library().cpc_sketch(_LOG_PLACES)
    for thing in things:
        sketch.update(thing)
    made: bytes = sketch.serialize()
    return made if begun is None else together(begun, made)


def together(one: bytes | None, other: bytes | None) -> bytes | None:
    """The sketch of all that two have seen; what one does not know, both do not."""
    if one is None or other is None or not is_known():
        return None
    if one == other:
        return one
    union = _library().cpc_union(_LOG_PLACES)
    for sketch in (one, other):
        union.update(_library().cpc_sketch.deserialize(sketch))
    made: bytes = union.get_result().serialize()
    return made


def counted(sketches: Iterable[bytes | None]) -> int | None:
    """About how many different things all of them have seen; ``None`` where that is not known."""
    if not is_known():
        return None
    every = reduce(together, sketches, sketch_of(()))
    return None if every is None else round(_library().cpc_sketch.deserialize(every).get_estimate())
