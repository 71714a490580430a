"""The box in which an owner tries a crawler."""

import html
import re

import pytest

from asgi.door import OWNER, Store, browser_of, gate_on, wish
from gatepost.core.access import owner_grant

PAGE = "/_gatepost/sites/garden.example"


@pytest.fixture
async def gate(signatures):
    gate = gate_on(signatures, Store())
    await gate.owners.add_site(["garden.example", "www.garden.example", "xn--grten-gra.example"], OWNER)
    yield gate
    await gate.close()


@pytest.fixture
async def browser(gate):
    """The owner's."""
    async with browser_of(gate, owner_grant("garden.example", "ada")) as client:
        yield client


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("/press/", "garden.example/press/"),
        ("press?x=1", "garden.example/press?x=1"),
        ("https://WWW.garden.example:8443/press/?x=1#top", "www.garden.example/press/?x=1"),
        ("//www.garden.example/press/", "www.garden.example/press/"),
        ("www.garden.example/press/", "www.garden.example/press/"),
        ("WWW.garden.example", "www.garden.example/"),
        ("https://gärten.example/", "xn--grten-gra.example/"),
    ],
)
async def test_an_address_of_the_site_is_asked_for_at_its_host(gate, browser, url, asked):
    await wish(gate, "garden.example", "/press/:ai-training=block", "/press?x=1:ai-training=block")
    answer = await browser.get(f"{PAGE}/test", params={"url": url, "agent": "GPTBot"})
    assert answer.status_code == 200
    assert f"<code>{asked}</code>" in answer.text
    assert ("The server: refused (403)" in answer.text) == ("press" in url)


@pytest.mark.parametrize("url", ["https://other.example/press/", "//other.example/", "https://bücher.example/"])
async def test_an_address_of_somebody_else_is_told_as_that(browser, url):
    params = {"url": url, "agent": "GPTBot"}
    answer = await browser.get(f"{PAGE}/test", params=params)
    assert answer.status_code == 422
    assert "This address is not one of this site’s. Write a path" in answer.text
    assert "The server:" not in answer.text
    part = await browser.get(f"{PAGE}/test", params=params, headers={"hx-request": "true"})
    assert part.status_code == 200, "the script of the page shows no other answer"
    assert "This address is not one of this site’s." in part.text


async def test_choices_that_are_not_saved_are_tried(gate, browser):
    await wish(gate, "garden.example", "archives=ask")
    shown = {"url": "/", "agent": "GPTBot", "shown": "archives=ask", "archives": "ask"}
    saved = await browser.post(f"{PAGE}/test", data=shown)
    tried = await browser.post(f"{PAGE}/test", data=shown | {"ai-training": "block"})
    assert ("The server: let in" in saved.text, "not saved yet" in saved.text) == (True, False)
    assert "The server: refused (403)" in tried.text
    assert "robots.txt asks GPTBot to stay away" in tried.text
    assert "With what is not saved yet: AI training: refused" in tried.text
    assert (await gate.owners.show("garden.example")).revision == 2, "nothing is written"


async def test_the_link_to_an_answer_bears_the_choices_that_are_not_saved(browser):
    told = await browser.post(f"{PAGE}/test", data={"url": "/a&b", "agent": "GPTBot", "ai-training": "block"})
    (link,) = re.findall(r'href="([^"]*)">Link to this answer', told.text)
    again = await browser.get(html.unescape(link))
    assert "The server: refused (403)" in again.text
    assert again.text.partition("<main>")[2] == told.text.partition("<main>")[2]


async def test_a_choice_for_a_time_to_come_is_tried_as_it_will_be_then(browser):
    form = {"url": "/", "agent": "GPTBot", "ai-training": "block", "from": "2999-01-01"}
    told = (await browser.post(f"{PAGE}/test", data=form)).text
    assert "The server: refused (403)" in told
    assert "From 1 January 2999:" in told


async def test_what_is_wrong_with_a_choice_is_told_in_the_box(browser):
    form = {"url": "/", "agent": "GPTBot", "path:0": "press", "path-purpose:0": "search", "path-stance:0": "ask"}
    assert "A path begins with /" in (await browser.post(f"{PAGE}/test", data=form)).text
    linked = await browser.get(f"{PAGE}/test", params={"url": "/", "agent": "GPTBot", "wish": "ai-training=perhaps"})
    assert (linked.status_code, "There is no such choice." in linked.text) == (422, True)


async def test_a_page_that_previews_hands_its_choices_to_the_box(browser):
    page = await browser.post(f"{PAGE}/preview", data={"ai-training": "block"})
    assert '<input type="hidden" name="wish" value="ai-training=block">' in page.text
    assert 'name="wish"' not in (await browser.get(PAGE)).text


async def test_a_name_of_robots_txt_alone_is_told_as_forged(browser):
    forged, honest = [
        (await browser.get(f"{PAGE}/test", params={"url": "/", "agent": agent})).text
        for agent in ("Google-Extended/1.0", "GPTBot/1.4")
    ]
    assert "Nobody honest comes under this name; it exists in robots.txt alone." in forged
    assert "Recognised by name alone" not in forged
    assert "Recognised by name alone; the address was not checked." in honest


async def test_the_names_that_govern_a_crawler_in_robots_txt_are_judged_beside_it(gate, browser):
    await wish(gate, "garden.example", "ai-training=block")
    told = (await browser.get(f"{PAGE}/test", params={"url": "/", "agent": "Googlebot/2.1"})).text
    assert "robots.txt lets Googlebot in" in told
    assert "robots.txt asks Google-Extended to stay away" in told
    assert "The server: let in" in told
