"""No code knows a crawler's name: what a crawler is stands in the signature file alone.

The demo and the examples in help texts speak of crawlers to people; nothing there decides anything.
"""

import ast
from collections.abc import Iterator

from house.source_tree import PACKAGE, Module, none_of, read_package
from policies import real_signatures

SPEAKING = ("gatepost.asgi.demo", "gatepost.cli")


def code_strings(module: Module) -> Iterator[tuple[str, int]]:
    """Every string of a module but its docstrings."""
    documentation = {
        id(node.value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value, node.lineno


def test_no_code_knows_a_crawlers_name():
    tokens = {
        token.lower() for crawler in real_signatures().crawlers for token in (*crawler.robots_tokens, crawler.name)
    }
    none_of(
        f"{module.name}:{line}: {text!r}"
        for module in read_package(PACKAGE).values()
        if not module.name.startswith(SPEAKING)
        for text, line in code_strings(module)
        if tokens & set(text.lower().split())
    )
