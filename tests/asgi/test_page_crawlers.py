"""The list of crawlers on the owner's page."""

import html
import re

import pytest

from asgi.door import OWNER, Store, browser_of, gate_on
from gatepost.core.access import owner_grant

PAGE = "/_gatepost/sites/garden.example"


@pytest.fixture
async def browser(signatures):
    """The owner's."""
    gate = gate_on(signatures, Store())
    await gate.owners.add_site(["garden.example"], OWNER)
    async with browser_of(gate, owner_grant("garden.example", "ada")) as client:
        yield client
    await gate.close()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "honours robots.txt (<a {}>read at {}, {} November 2026</a>)"),
        ("de", "beachtet robots.txt (<a {}>gelesen bei {}, {}. November 2026</a>)"),
        ("fr", "respecte robots.txt (<a {}>lu sur {}, {} novembre 2026</a>)"),
    ],
)
async def test_whether_a_crawler_honours_robots_txt_is_told_with_its_evidence(browser, signatures, language, told):
    evidence = signatures.by_name["gptbot"].honours_robots
    page = await browser.get(f"{PAGE}/crawlers", params={"q": "GPTBot", "lang": language})
    link = f'href="{evidence.source}" rel="noreferrer"'
    assert told.format(link, evidence.source.split("/")[2], evidence.checked.day) in page.text


NAME = re.compile(r'<span class="name">([^<]*)<')


async def test_every_crawler_is_reached_by_plain_links(browser, signatures):
    address, pages = f"{PAGE}/crawlers", []
    while address:
        page = (await browser.get(address)).text
        pages.append(NAME.findall(page))
        address = next(iter(re.findall(r'rel="next" href="([^"]*)"', page)), "")
        address = html.unescape(address)
    names = [html.escape(crawler.name, quote=False) for crawler in signatures.crawlers]
    assert [name for shown in pages for name in shown] == names
    assert {len(shown) for shown in pages[:-1]} == {50}
    (back,) = re.findall(r'rel="prev" href="([^"]*)"', page)
    assert NAME.findall((await browser.get(html.unescape(back))).text) == pages[-2]


async def test_what_was_looked_for_stays_on_the_next_page(browser):
    page = (await browser.get(f"{PAGE}/crawlers", params={"q": "bot"})).text
    (link,) = re.findall(r'rel="next" href="([^"]*)"', page)
    assert "q=bot" in link
    assert all("bot" in row.lower() for row in (await browser.get(html.unescape(link))).text.split("<tr>")[2:])


@pytest.mark.parametrize("start", ["x", "-1", "9" * 99, "99999"])
async def test_a_place_that_is_none_in_the_list_is_answered(browser, start):
    page = await browser.get(f"{PAGE}/crawlers", params={"from": start})
    assert (page.status_code, bool(NAME.findall(page.text))) == (200, True)
