"""What the owner's page makes of their own robots.txt."""

import re

import httpx
import pytest

from asgi.door import OWNER, Store, gate_on
from gatepost.core.access import owner_grant

PAGE = "/_gatepost/sites/garden.example"
ODD = "User-agent: *\nDisallow: /cart/\nDisalow: /x/\nnonsense\nDisallow: cart\n"


@pytest.fixture
async def gate(signatures):
    gate = gate_on(signatures, Store())
    await gate.owners.add_site(["garden.example"], OWNER)
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


def lines_of(page):
    """robots.txt as the preview has it, each line with all that stands beside it."""
    (shown,) = re.findall(r'<ol class="lines" id="text-robots">(.*?)</ol>', page, re.DOTALL)
    return [re.sub(r"<[^>]*>", " ", line) for line in re.findall(r"<li.*?</li>", shown)]


async def test_what_is_odd_about_a_line_is_told_beside_it(gate, browser):
    await gate.owners.change_robots_txt("garden.example", ODD, OWNER)
    lines = lines_of((await browser.get(PAGE)).text)
    odd = [line for line in lines if "/x/" in line]
    assert odd
    assert all("This key is misspelt" in line and "your line 3" in line for line in odd)
    assert not any("misspelt" in line for line in lines if "/cart/" in line)
