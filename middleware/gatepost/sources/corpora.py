"""The corpora that came with this version: what they are and what they prove stands in ``core/corpora``."""

from functools import cache
from importlib.resources import files

from gatepost.core.corpora import Corpus, read_corpus

__all__ = ["packaged_corpora"]


@cache
def packaged_corpora() -> tuple[Corpus, ...]:
    """Every corpus, in the order of their names. Raises :class:`~gatepost.errors.CorpusError` where one is damaged."""
    texts = {
        file.name.removesuffix(".txt"): file.read_text(encoding="utf-8")
        for file in files("gatepost").joinpath("corpora").iterdir()
        if file.name.endswith(".txt")
    }
    return tuple(read_corpus(name, texts[name]) for name in sorted(texts))
