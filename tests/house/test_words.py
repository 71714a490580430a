"""One word a thing: names that we give never use the words that the design retired."""

import ast
import re
from collections.abc import Iterator

import pytest

from house.source_tree import PACKAGE, FunctionNode, Module, none_of, read_package

RETIRED = {"bot", "spider", "blacklist", "whitelist", "config", "manager", "helper", "util"}
RETIRED |= {f"{word}s" for word in RETIRED}
RETIRED_VERBS = ("handle_", "process_")
# Names that a library asks for by this very spelling.
REQUIRED = {"model_config", "process_bind_param", "process_result_value", "process_literal_param"}

WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def names_given(module: Module) -> Iterator[tuple[str, int]]:
    """Every name that the module itself defines, with its line; never a name that it only uses."""
    for part in module.name.split("."):
        yield part, 1
    for node in ast.walk(module.tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.alias(asname=str(name)):
                yield name, node.lineno
            case _:
                pass


def retired_names(module: Module) -> list[str]:
    functions = {node.name for node in ast.walk(module.tree) if isinstance(node, FunctionNode)}

    def is_retired(name: str) -> bool:
        if name in REQUIRED or name.startswith("__"):
            return False
        words = {word.lower() for word in WORD.findall(name)}
        return bool(words & RETIRED) or (name in functions and name.lstrip("_").startswith(RETIRED_VERBS))

    return [f"{module.name}:{line}: {name}" for name, line in names_given(module) if is_retired(name)]


def test_no_retired_word_names_anything_of_ours():
    none_of(found for module in read_package(PACKAGE).values() for found in retired_names(module))


@pytest.mark.parametrize(
    "text",
    [
        "class BotMatcher: ...",
        "class GPTBot: ...",
        "def is_bot(): ...",
        "def handle_request(): ...",
        "async def _process_notices(): ...",
        "def f(config): ...",
        "def f(*, site_config=None): ...",
        "whitelist = []",
        "self.spiders = 1",
        "for helper in []: ...",
        "import numpy as utils",
        "if (manager := 1): ...",
    ],
)
def test_a_retired_word_is_named(text):
    assert len(retired_names(Module("gatepost.m", False, ast.parse(text), 1))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "class M(BaseModel):\n    model_config = ConfigDict()",
        "from alembic.config import Config\nmake(Config(), config=1)",
        "robots_txt = googlebot = both = 1",
        "process_id = 1",
        "token = 'GPTBot'",
        "x = app.config",
    ],
)
def test_names_that_others_gave_may_be_used(text):
    assert retired_names(Module("gatepost.m", False, ast.parse(text), 1)) == []
