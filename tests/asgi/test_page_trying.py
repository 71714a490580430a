"""The box in which an owner tries a crawler."""

import httpx
import pytest

from asgi.door import OWNER, Store, gate_on, wish
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

    async def let_in(scope):
        return owner_grant("garden.example", "ada")

    transport = httpx.ASGITransport(gate.owner_app(let_in), root_path="/_gatepost")
    fields = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url="http://garden.example", headers=fields) as client:
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
