"""A package as its files say it is, read with ``ast`` and never imported: for the tests that keep the house."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CHECKOUT", "PACKAGE", "Function", "Module", "cycles", "imports_inside", "none_of", "read_package"]

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "middleware" / "gatepost"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
DECISIONS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.match_case)


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    is_package: bool
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        """The part of the house that it belongs to: ``core`` for ``gatepost.core.sites``, nothing for the root."""
        return self.name.split(".")[1] if "." in self.name else ""

    def functions(self) -> Iterator["Function"]:
        for node in ast.walk(self.tree):
            if isinstance(node, FunctionNode):
                yield Function(f"{self.name}:{node.name}", node)

    def imports(self) -> Iterator[tuple[str, str]]:
        """Every (module, name) that it imports, wherever it does: under TYPE_CHECKING and inside functions too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self.absolute(node)
                yield from ((base, alias.name) for alias in node.names)

    def absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        parents = parts[: len(parts) - node.level + self.is_package]
        return ".".join([*parents, *filter(None, [node.module])])


@dataclass(frozen=True, slots=True)
class Function:
    where: str
    node: FunctionNode

    @property
    def lines(self) -> int:
        """Its lines without decorators and docstring."""
        whole = (self.node.end_lineno or self.node.lineno) - self.node.lineno + 1
        first = self.node.body[0]
        documented = ast.get_docstring(self.node, clean=False) is not None
        return whole - ((first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0)

    @property
    def branches(self) -> int:
        """1 and a decision point each; near enough to cyclomatic complexity."""
        return 1 + sum(decisions(node) for node in own_nodes(self.node))

    @property
    def nesting(self) -> int:
        return max((depth(statement, 0) for statement in self.node.body), default=0)


def own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """What belongs to a function itself, not to functions and classes inside it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (FunctionNode, ast.ClassDef, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(node))


def decisions(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return len(node.ifs)
    return isinstance(node, DECISIONS)


def depth(node: ast.AST, outside: int, *, is_elif: bool = False) -> int:
    if isinstance(node, (FunctionNode, ast.ClassDef, ast.Lambda)):
        return outside
    here = outside + (isinstance(node, BLOCKS) and not is_elif)

    def is_chained(child: ast.AST) -> bool:
        # To a reader an `elif` stands beside its `if`, though the tree puts it inside.
        return isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]

    return max((depth(child, here, is_elif=is_chained(child)) for child in ast.iter_child_nodes(node)), default=here)


def read_package(root: Path) -> dict[str, Module]:
    modules = {}
    for path in sorted(root.rglob("*.py")):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        text = path.read_text(encoding="utf-8")
        modules[name] = Module(name, is_package, ast.parse(text, str(path)), text.count("\n"))
    return modules


def imports_inside(modules: dict[str, Module]) -> dict[str, set[str]]:
    """For each module, the modules of the same package that it imports."""
    return {
        module.name: {
            target
            for base, name in module.imports()
            for target in [f"{base}.{name}" if f"{base}.{name}" in modules else base]
            if target in modules and target != module.name
        }
        for module in modules.values()
    }


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of two or more that reach each other."""
    reach = {start: reachable(graph, start) for start in graph}
    groups = {frozenset(other for other in graph if other in reach[start] and start in reach[other]) for start in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    pending = list(graph[start])
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(graph[name])
    return found


def none_of(findings: Iterable[str]) -> None:
    """Fail with every finding on a line of its own."""
    found = list(findings)
    assert not found, "\n".join(["", *found])
