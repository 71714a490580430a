"""Whatever goes wrong on a page is told in the reader's language, with what to do about it."""

import ast
import re
from pathlib import Path

import pytest

from asgi.door import OWNER, Store, browser_of, gate_on
from gatepost import errors
from gatepost.asgi.pages.rendering import Told
from gatepost.asgi.pages.words import LANGUAGES, words_in
from gatepost.core.access import owner_grant
from gatepost.core.directives.robotstxt.oddities import ODDITIES
from gatepost.errors import GatepostError

PACKAGE = Path(errors.__file__).parent
ROOMS = ("core", "service", "storage", "asgi/pages", "asgi/credentials.py", "asgi/doors_security.py")
"""Whose errors a page may meet."""

ELSEWHERE = {
    "access.platform": "asked of programs alone: no page moves a site",
    "access.token.actor": "tokens are made by a command",
    "access.token.scopes": "tokens are made by a command",
    "access.token.unknown": "tokens are taken back by a command",
    "site.add.form": "no page adds a site",
    "site.host.last": "no page changes hosts",
    "site.host.other": "no page changes hosts",
    "site.id.taken": "no page adds a site",
    "store.host.taken": "no page adds a site or a host",
}
FILES = ("settings.", "signatures.", "robots.", "copy.")
"""Faults of files and settings, which are met at the start, and of an own robots.txt, which are told by line."""


def python_files():
    for room in ROOMS:
        path = PACKAGE / room
        yield from [path] if path.suffix else path.rglob("*.py")


def ids_in(path):
    """Every id of an error that a module names: where one is raised, and in the tables that say what is raised."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "id" and isinstance(node.value, ast.Constant):
            yield node.value.value
        elif isinstance(node, (ast.Tuple, ast.Dict)):
            first = node.elts[:1] if isinstance(node, ast.Tuple) else node.keys
            yield from (one.value for one in first if isinstance(one, ast.Constant) and isinstance(one.value, str))


def reachable():
    families = {
        "access",
        "consent",
        "form",
        "request",
        "settings",
        "signatures",
        "site",
        "statement",
        "store",
        "test",
        "undo",
    }
    found = {id for path in python_files() for id in ids_in(path) if re.fullmatch(r"[a-z]+(\.[a-z-]+)+", id)}
    found = {id for id in found if id.partition(".")[0] in families | {"robots", "copy"}}
    return sorted(id for id in found if not id.startswith(FILES) and id not in ELSEWHERE)


def test_the_ids_are_found():
    assert {
        "consent.actor",
        "store.full",
        "store.silent",
        "request.path.readings",
        "access.rate",
        "form.large",
        "request.nothing",
    } <= {*reachable()}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_error_that_a_page_can_meet_has_words_and_a_remedy(tag):
    known = words_in(tag).messages
    untold = [
        id
        for id in reachable()
        for kind in ("problem", "remedy")
        if f"{kind}.{id}" not in known and f"{kind}.{id.partition('.')[0]}.any" not in known
    ]
    assert untold == []


@pytest.mark.parametrize("kind", ["problem", "remedy"])
def test_no_words_are_kept_for_an_error_that_nobody_raises(kind):
    told = {key.removeprefix(f"{kind}.") for key in words_in("en").messages if key.startswith(f"{kind}.")}
    assert told - {*reachable()} == {"store.any", "request.any"}


def test_no_exception_outlives_its_reason():
    found = {id for path in python_files() for id in ids_in(path)}
    assert ELSEWHERE.keys() - found == set()


def test_every_oddity_of_an_own_robots_txt_has_words():
    told = {key.removeprefix("oddity.") for key in words_in("en").messages if key.startswith("oddity.")}
    assert told == ODDITIES.keys()


def test_an_error_that_is_unknown_here_is_told_in_english():
    error = GatepostError("something is odd", id="new.thing", remedy="Do this.")
    assert Told(words_in("de")).error(error) == "something is odd. Do this."


@pytest.fixture
async def owner(signatures):
    """A browser of the owner's, in German."""
    gate = gate_on(signatures, Store())
    await gate.owners.add_site(["garten.example"], OWNER)
    async with browser_of(gate, owner_grant("garten.example", "zoë"), "garten.example", "de") as client:
        yield client
    await gate.close()


@pytest.mark.parametrize(
    ("path", "form", "status", "told"),
    [
        ("", {"path:0": "press", "path-purpose:0": "search", "path-stance:0": "ask"}, 422, "Ein Pfad beginnt mit /"),
        ("", {"ai-training": "block", "until": "2001-01-01"}, 422, "Diese Zeit ist vorbei. Wählen Sie ein Ende"),
        ("", {"ai-training": "block", "from": "morgen"}, 422, "Das ist kein Datum. Wählen Sie einen Tag"),
        ("", {"ai-training": "perhaps"}, 422, "Diese Wahl gibt es nicht. Laden Sie die Seite neu"),
        ("", {"crawler:Nobody": "block"}, 422, "Dieser Crawler ist hier nicht oder nicht mehr bekannt."),
        ("", {"ai-training": "block", "reason": "\0"}, 422, "Manche dieser Zeichen sind kein Text."),
        ("", {"ai-training": "block", "revision": "9"}, 409, "Jemand hat das inzwischen geändert."),
        ("/undo", {}, 422, "Es gibt nichts zurückzunehmen."),
        ("/own-file", {"robots-txt": "x" * 510_000}, 422, "Ihre Zeilen sind länger, als Crawler lesen."),
    ],
)
async def test_what_a_form_does_wrong_is_told_in_german(owner, path, form, status, told):
    answer = await owner.post(f"/_gatepost/sites/garten.example{path}", data=form)
    assert answer.status_code == status
    assert told in answer.text


async def test_a_failed_page_is_told_in_german(owner):
    answer = await owner.get("/_gatepost/sites/niemand.example")
    assert answer.status_code == 404
    assert "Diese Website gibt es hier nicht, oder sie gehört Ihnen nicht. Prüfen Sie die Adresse" in answer.text


async def test_a_question_that_can_be_read_in_two_ways_is_told_in_german(owner):
    answer = await owner.get("/_gatepost/sites/garten.example/test", params={"url": "/", "agent": "a\x01b"})
    assert answer.status_code == 400
    assert "Das lässt sich auf zwei Weisen lesen" in answer.text


async def test_an_address_that_is_none_is_asked_for_as_a_path(owner):
    answer = await owner.get("/_gatepost/sites/garten.example/test", params={"url": "http://[", "agent": "GPTBot"})
    assert answer.status_code == 200
