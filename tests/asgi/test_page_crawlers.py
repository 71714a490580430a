"""The list of crawlers on the owner's page."""

import httpx
import pytest

from asgi.door import OWNER, Store, gate_on
from gatepost.core.access import owner_grant

PAGE = "/_gatepost/sites/garden.example"


@pytest.fixture
async def browser(signatures):
    """The owner's."""
    gate = gate_on(signatures, Store())
    await gate.owners.add_site(["garden.example"], OWNER)

    async def let_in(scope):
        return owner_grant("garden.example", "ada")

    transport = httpx.ASGITransport(gate.owner_app(let_in), root_path="/_gatepost")
    fields = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url="http://garden.example", headers=fields) as client:
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
