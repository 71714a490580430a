"""The owner's page tells who came: a drawing that was made on the server, and plain words in the reader's language."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from asgi.door import App, Store, ask, browser_of, wish
from gatepost import CrawlerAccessMiddleware, Gate, Settings, owner_grant
from gatepost.asgi.pages.visits import bars_of
from gatepost.asgi.pages.words import LANGUAGES, words_in
from gatepost.core.crawlers import Purpose, Standing
from gatepost.core.exposure import Exposure, ExposureKey, Outcome, Phase
from gatepost.core.partners import Partner
from gatepost.core.visits import DayVisits, Knowledge
from licences import hold

GARDEN, PREFIX = "garden.example", "/_gatepost"


@pytest.fixture
async def gate(signatures):
    gate = Gate(Settings(), signatures, Store())
    await wish(gate, GARDEN, "ai-training=allow")
    app = CrawlerAccessMiddleware(App(), gate=gate)
    await ask(app, "/robots.txt")
    for path in ("/", "/a", "/b"):
        await ask(app, path)
    await wish(gate, GARDEN, "ai-training=ask")
    await ask(app)
    await wish(gate, GARDEN, "ai-training=block")
    await ask(app)
    await gate.counting.flush()
    yield gate
    await gate.close()


def look(gate, path="", *, site=GARDEN, language=b"en", fields=()):
    async def owner(scope):
        return owner_grant(GARDEN, "ada")

    asked = f"{PREFIX}/sites/{site}{path}"
    return ask(gate.owner_app(owner), asked, root_path=PREFIX, fields=[(b"accept-language", language), *fields])


SAID = {
    "en": "GPTBot: 3 pages before you said no, 1 after, 1 refused; it has not read the new file yet, and read one last "
    "just now.",
    "de": "GPTBot: 3 Seiten, bevor Sie Nein gesagt haben, 1 danach, 1 verweigert; die neue Datei hat er noch nicht "
    "gelesen, zuletzt las er eine gerade eben.",
    "fr": "GPTBot: 3 pages avant votre refus, 1 après, 1 refusée; il n’a pas encore lu le nouveau fichier, et en a lu "
    "un à l’instant.",
}


LICENSED = {
    "en": "GPTBot: 0 pages before you said no, 0 after, 2 under the licence of Acme Data; ",
    "de": "GPTBot: 0 Seiten, bevor Sie Nein gesagt haben, 0 danach, 2 mit der Lizenz von Acme Data; ",
    "fr": "GPTBot: 0 page avant votre refus, 0 après, 2 sous licence (Acme Data); ",
}


async def test_what_passed_under_a_licence_is_told_apart(signatures):
    gate = Gate(Settings(), signatures, Store())
    await wish(gate, GARDEN, "ai-training=license", "partner-sharing=allow")
    since = datetime.now(UTC) - timedelta(days=1)
    acme = Partner("acme", "Acme Data", frozenset({Purpose.AI_TRAINING}), since)
    await hold(gate.store, replace(acme, crawlers=("GPTBot",), networks=("192.0.2.0/24",)), since)
    await gate.licensing.refresh()
    app = CrawlerAccessMiddleware(App(), gate=gate)
    for path in ("/", "/a"):
        assert (await ask(app, path, client=("192.0.2.9", 4000))).status == 200
    await gate.counting.flush()
    for tag in LANGUAGES:
        assert LICENSED[tag] in (await look(gate, "/visits", language=tag.encode())).body.decode()
    await gate.close()


@pytest.mark.parametrize("tag", LANGUAGES)
async def test_it_is_told_in_plain_words(gate, tag):
    page = await look(gate, "/visits", language=tag.encode())
    assert page.status == 200
    assert SAID[tag] in page.body.decode()


async def test_the_drawing_is_made_here_and_needs_no_style_of_its_own(gate):
    text = (await look(gate, "/visits")).body.decode()
    drawing = text[text.index('<svg class="visits"') :]
    drawing = drawing[: drawing.index("</svg>")]
    assert re.findall(r'<rect class="(\w+)"', drawing) == ["served", "after", "refused"]
    assert "style=" not in drawing
    assert "<script" not in drawing
    assert "<title" in drawing


async def test_below_the_drawing_stand_its_days_and_its_height(gate):
    text = (await look(gate, "/visits")).body.decode()
    today = datetime.now(UTC).date()
    most, days = re.findall('<p class="axis">(.+)</p>', text)
    first, last = re.findall("<span>([^<]+)</span>", days)
    assert (first, last) == tuple(words_in("en").day(today - timedelta(days=ago)) for ago in (29, 0))
    assert most == f"at most {sum(served_and_refused(text))} pages a day"


def served_and_refused(text):
    """All that the legend tells; everybody came today."""
    return [int(number) for number in re.findall(r'<span class="(?:served|after|refused)">(\d+)', text)]


async def test_the_owners_page_asks_for_it_once(gate):
    page = (await look(gate)).body.decode()
    assert f'hx-get="{PREFIX}/sites/{GARDEN}/visits"' in page
    assert f'href="{PREFIX}/sites/{GARDEN}/visits"' in page
    part = await look(gate, "/visits", fields=[(b"hx-request", b"true")])
    assert b"hx-get" not in part.body
    assert b"<html" not in part.body
    assert SAID["en"].encode() in part.body


@pytest.mark.parametrize(
    ("tag", "lost", "proof"),
    [
        ("en", "6 requests that were counted are forgotten", "complain of a crawler, ask the platform for a"),
        ("de", "6 gezählte Anfragen werden vergessen", "zuerst ein Beschwerdepaket geben"),
        ("fr", "6 demandes comptées sont oubliées", "un dossier de plainte"),
    ],
)
async def test_it_is_forgotten_by_a_button_that_tells_first_what_is_lost(gate, tag, lost, proof):
    async with browser_of(gate, owner_grant(GARDEN, "ada"), language=tag) as browser:
        shown = await browser.get(f"{PREFIX}/sites/{GARDEN}/visits")
        (address,) = re.findall(r'<form method="post" action="([^"]+/erase)"', shown.text)
        asked = await browser.post(address)
        assert (asked.status_code, lost in asked.text, proof in asked.text) == (409, True, True)
        assert (await gate.exposures.counts(await site_id(gate), date.min)) != []
        (token,) = re.findall('name="confirmation" value="([0-9a-f]+)"', asked.text)
        done = await browser.post(address, data={"confirmation": token})
        assert (done.status_code, await gate.exposures.counts(await site_id(gate), date.min)) == (303, [])
        page = await browser.get(done.headers["location"])
        assert words_in(tag).say("page.erased") in page.text


async def test_what_can_be_proved_no_more_is_told_before_it_is_forgotten(gate):
    day = datetime.now(UTC)
    key = ExposureKey(await site_id(gate), "GPTBot", Standing.CLAIMED, Outcome.SERVED, day.date(), Phase.READ)
    await gate.store.count([Exposure(key, 3, 9, day, day, None)], [])
    async with browser_of(gate, owner_grant(GARDEN, "ada")) as browser:
        asked = await browser.post(f"{PREFIX}/sites/{GARDEN}/visits/erase")
    assert "3 of them were against robots.txt. You can no longer prove that to anybody." in asked.text


async def site_id(gate):
    return (await gate.owners.show(GARDEN)).id


async def test_nobody_elses_visits_are_shown(gate):
    await wish(gate, "kitchen.example", "ai-training=block")
    assert (await look(gate, "/visits", site="kitchen.example")).status == 404


async def test_a_site_to_which_nobody_came(signatures):
    gate = Gate(Settings(), signatures, Store())
    await wish(gate, GARDEN, "ai-training=block")
    assert b"No known crawler came" in (await look(gate, "/visits")).body
    await gate.close()


def test_every_knowledge_has_words():
    assert all(words_in("en").knows(f"visits.knows.{one}") for one in Knowledge)


def test_bars_stand_on_the_ground_and_fill_the_height():
    day = date(2026, 3, 1)
    told = [DayVisits(day, 80, 20, 20), DayVisits(day + timedelta(days=1), 0, 0, 0), DayVisits(day, 1, 0, 0)]
    bars = bars_of(told)
    assert [(bar.kind, bar.x, bar.y, bar.height) for bar in bars] == [
        ("served", 0, 40, 60),
        ("after", 0, 20, 20),
        ("refused", 0, 0, 20),
        ("served", 400, 99, 1),
    ]
    assert bars_of([]) == []
