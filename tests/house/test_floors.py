"""The house has floors: imports only go down, nobody calls on a neighbour, and the ground floor is pure."""

import ast
import textwrap

import pytest

from house.source_tree import PACKAGE, Module, cycles, imports_inside, none_of, read_package

FLOORS = (
    {"errors"},
    {"core"},
    {"ports"},
    {"service", "storage", "sources", "partners", "settings"},
    {"wiring"},
    {"asgi", "cli"},
    {"testing"},
    {""},  # gatepost/__init__.py: the public surface, over everything
)
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}

PURE = {"errors", "core"}
IMPURE_MODULES = {
    "asyncio", "ctypes", "httpx", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "select",
    "shutil", "signal", "socket", "sqlalchemy", "sqlite3", "ssl", "starlette", "subprocess", "sys", "tempfile",
    "threading", "time", "urllib.request",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "today", "utcnow", "uuid1", "uuid4"}


def climbing(modules: dict[str, Module]) -> list[str]:
    """Every import that goes up, or across to a neighbour."""
    return [
        f"{name} imports {target}"
        for name, targets in imports_inside(modules).items()
        for target in sorted(targets)
        for here, there in [(modules[name].room, modules[target].room)]
        if here != there and {here, there} <= LEVEL.keys() and LEVEL[there] >= LEVEL[here]
    ]


def homeless(modules: dict[str, Module]) -> list[str]:
    return sorted({module.room for module in modules.values()} - LEVEL.keys())


def impurities(modules: dict[str, Module]) -> list[str]:
    """Where the pure rooms reach for the world."""
    return [
        f"{module.name}: {what}"
        for module in modules.values()
        if module.room in PURE
        for what in sorted(reaches(module))
    ]


def reaches(module: Module) -> set[str]:
    imported = {
        f"imports {dotted}"
        for base, name in module.imports()
        for dotted in (base.partition(".")[0], base, f"{base}.{name}")
        if dotted in IMPURE_MODULES
    }
    calls = (node.func for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    called = {getattr(function, "attr", getattr(function, "id", "")) for function in calls}
    return imported | {f"calls {name}()" for name in called & IMPURE_CALLS}


def test_imports_only_go_down():
    none_of(climbing(read_package(PACKAGE)))


def test_every_room_stands_on_a_floor():
    none_of(homeless(read_package(PACKAGE)))


def test_the_core_reaches_for_nothing_outside():
    none_of(impurities(read_package(PACKAGE)))


def test_no_module_imports_itself_in_the_end():
    none_of(" <-> ".join(group) for group in cycles(imports_inside(read_package(PACKAGE))))


# ------------------------------------------------------------------------------------- the checks can fail


@pytest.fixture
def built(tmp_path):
    """Build a package of these files, path: text, and read it."""

    def build(files: dict[str, str]) -> dict[str, Module]:
        for path, text in {"__init__.py": "", "core/__init__.py": "", "service/__init__.py": "", **files}.items():
            file = tmp_path / "gatepost" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), encoding="utf-8")
        return read_package(tmp_path / "gatepost")

    return build


@pytest.mark.parametrize(
    ("path", "line", "target"),
    [
        ("core/sites.py", "from gatepost import service", "gatepost.service"),
        ("core/sites.py", "import gatepost.service.owners", "gatepost.service.owners"),
        ("core/sites.py", "from ..service import owners", "gatepost.service.owners"),
        ("core/sites.py", "from ..service.owners import change", "gatepost.service.owners"),
        ("core/__init__.py", "from ..service import owners", "gatepost.service.owners"),
        (
            "core/sites.py",
            "if TYPE_CHECKING:\n    from gatepost.service.owners import change",
            "gatepost.service.owners",
        ),
        ("core/sites.py", "def late():\n    from gatepost.service.owners import change", "gatepost.service.owners"),
        ("core/sites.py", "from gatepost import Gate", "gatepost"),
        ("errors.py", "from gatepost.core import sites", "gatepost.core.sites"),
        ("storage/tables.py", "from gatepost.service import owners", "gatepost.service.owners"),
        ("service/owners.py", "import gatepost.settings", "gatepost.settings"),
        ("cli/__init__.py", "from gatepost.asgi import door", "gatepost.asgi.door"),
        ("wiring.py", "from gatepost.testing import crawler", "gatepost.testing"),
    ],
)
def test_an_import_that_climbs_or_crosses_is_named(built, path, line, target):
    rooms = {"core/sites.py": "", "service/owners.py": "", "settings.py": "", "asgi/door.py": "", "testing.py": ""}
    modules = built({**rooms, path: line})
    name = f"gatepost.{path.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"
    assert climbing(modules) == [f"{name} imports {target}"]


def test_an_import_that_goes_down_is_not(built):
    modules = built({
        "__init__.py": "from gatepost.wiring import open_gate",
        "wiring.py": "from gatepost.service import owners\nfrom gatepost.core.sites import amend",
        "service/owners.py": "from gatepost.service import words\nfrom ..core import sites",
        "service/words.py": "import gatepost.core",
        "core/sites.py": "from gatepost.errors import SiteUnknown\nimport datetime",
        "errors.py": "",
    })  # fmt: skip
    assert (climbing(modules), homeless(modules), impurities(modules), cycles(imports_inside(modules))) == ([],) * 4


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        ("import os", "imports os"),
        ("import os.path as p", "imports os"),
        ("from pathlib import Path", "imports pathlib"),
        ("from urllib import request", "imports urllib.request"),
        ("from sqlalchemy.orm import Session", "imports sqlalchemy"),
        ("def f():\n    import time", "imports time"),
        ("from datetime import datetime\nat = datetime.now()", "calls now()"),
        ("text = open('file').read()", "calls open()"),
    ],
)
def test_a_core_that_reaches_out_is_named(built, text, reach):
    assert impurities(built({"core/sites.py": text})) == [f"gatepost.core.sites: {reach}"]


def test_a_room_on_no_floor_is_named(built):
    assert homeless(built({"helpers/x.py": "", "tools.py": ""})) == ["helpers", "tools"]


def test_a_cycle_is_named_even_when_it_is_type_only(built):
    modules = built({
        "core/a.py": "from gatepost.core import b",
        "core/b.py": "from .c import d",
        "core/c.py": "if TYPE_CHECKING:\n    from gatepost.core.a import x",
        "core/d.py": "from gatepost.core import a",
    })  # fmt: skip
    assert cycles(imports_inside(modules)) == [["gatepost.core.a", "gatepost.core.b", "gatepost.core.c"]]
