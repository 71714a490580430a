"""What the pages say of a change that was just made: no more than is true."""

import re

import pytest

from asgi.door import browser_of, wish
from gatepost import Actor, ActorKind, Visibility
from gatepost.core.access import Grant, Scope

SITE = "/_gatepost/sites/garden.example"
PLATFORM = Actor(ActorKind.PLATFORM, "ops")
DEFAULT = "/_gatepost/console/defaults?level=platform"
DATES = {"ai-training": "block", "from": "2999-12-01", "until": "3000-03-01"}


@pytest.fixture
async def operator(garden):
    async with browser_of(garden, Grant(PLATFORM, frozenset(Scope))) as client:
        yield client


async def told(browser, at, form):
    """What the page says to which a form leads."""
    answer = await browser.post(at, data=form, follow_redirects=True)
    assert answer.status_code == 200
    (said,) = re.findall(r'<p class="notice good" role="status">(.*?)(?:<|\n)', answer.text, re.DOTALL)
    return said.strip()


@pytest.mark.parametrize(
    ("form", "visibility", "said"),
    [
        ({"ai-training": "block"}, Visibility.PUBLIC, "Saved. It is in force now."),
        (DATES, Visibility.PUBLIC, "Saved. It holds from 1 December 2999 until 1 March 3000."),
        ({"ai-training": "block"}, Visibility.PRIVATE, "Saved. It holds once the site is public."),
        (
            DATES | {"until": ""},
            Visibility.COMING_SOON,
            "Saved. It holds from 1 December 2999, if the site is public then.",
        ),
        ({"ai-training": "inherit"}, Visibility.PRIVATE, "Nothing was changed: your choices were as they are already."),
    ],
)
async def test_a_change_is_said_to_hold_when_it_does(garden, ada, form, visibility, said):
    await garden.owners.change_visibility("garden.example", visibility, PLATFORM)
    assert await told(ada, SITE, form) == said


async def test_what_was_for_a_time_is_taken_back_at_once(garden, ada):
    await wish(garden, "garden.example", "ai-training=allow@2999-12-01..")
    assert await told(ada, SITE, {"take-back": "ai-training@2999-12-01.."}) == "Saved. It is in force now."


async def test_a_default_says_from_when_it_holds(operator):
    assert await told(operator, DEFAULT, {"archives": "block"}) == "Saved. It is in force now."
    noticed = await told(operator, DEFAULT, {"ai-training": "block", "notice": "30"})
    assert re.fullmatch(r"Saved\. It holds from \d+ \w+ 20\d\d\.", noticed)


@pytest.mark.parametrize("query", ["done=sold", "done=saved&during=never", "during=2999-12-01.."])
async def test_an_address_that_nobody_of_ours_wrote_says_nothing(ada, query):
    answer = await ada.get(f"{SITE}?{query}")
    assert (answer.status_code, "notice good" in answer.text) == (200, False)
