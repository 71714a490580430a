"""What the owner's page of a fixed site has to tell: nothing of it may vanish unnoticed."""

import html
import re

import pytest

from asgi.door import OWNER, Store, browser_of, wish
from gatepost import Actor, ActorKind, Gate, Settings, Visibility
from gatepost.core.access import owner_grant
from gatepost.core.crawlers import Purpose

PAGE = "/_gatepost/sites/garden.example"


def card(text, id):
    """The words of a part of the page, by its id."""
    (part,) = re.findall(rf'<(?:section|fieldset)[^>]* id="{id}"[^>]*>(.*?)</(?:section|fieldset)>', text, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", part)).split())


COSTS = {
    Purpose.SEARCH: "A no takes this site out of search results.",
    Purpose.AI_ANSWERS: "A no may mean fewer mentions and links in AI answers.",
    Purpose.ASSISTANTS: "With a no, people who send an assistant here are turned away.",
    Purpose.AI_TRAINING: "A no costs no visitors that we know of.",
    Purpose.ARCHIVES: "With a no, old versions of this site may not be preserved.",
}


@pytest.mark.parametrize("purpose", Purpose)
async def test_a_purpose_tells_whom_it_covers_and_what_a_no_costs(garden, ada, purpose):
    told = card((await ada.get(PAGE)).text, f"p-{purpose}")
    covered = sum(purpose in crawler.purposes for crawler in garden.signatures.crawlers)
    assert f"Covers {covered} crawlers; new ones join by themselves." in told
    assert told.count(COSTS[purpose]) == 3, "with each of the three choices that say no"


async def test_a_first_visit_is_told_that_the_defaults_hold(garden, ada):
    first = "You have not chosen anything yet, so the defaults above hold."
    assert (await ada.get(PAGE)).text.count(first) == 1
    await wish(garden, "garden.example", "ai-training=block")
    assert first not in (await ada.get(PAGE)).text


async def test_sharing_tells_that_a_no_is_not_retroactive_and_leads_to_the_partners(ada):
    text = (await ada.get(PAGE)).text
    assert card(text, "sharing").count("A no is not retroactive") == 1
    assert re.search(r'id="sharing".*?<a href="#partners">Data partners</a>.*?</fieldset>', text, re.DOTALL)


@pytest.mark.parametrize("visibility", ["private", "password-protected", "coming-soon", "suspended"])
async def test_nothing_is_said_to_be_shared_of_a_site_that_is_not_public(garden, ada, visibility):
    await wish(garden, "garden.example", "partner-sharing=allow")
    assert "Now: shared" in card((await ada.get(PAGE)).text, "sharing")
    await garden.owners.change_visibility("garden.example", Visibility(visibility), Actor(ActorKind.PLATFORM, "ops"))
    text = (await ada.get(PAGE)).text
    assert "Nothing is shared while the site is not public." in card(text, "sharing")
    assert "Now: shared" not in text
    (banner,) = re.findall(r'<section class="notice warn".*?</section>', text, re.DOTALL)
    assert "nothing is shared" in banner


async def test_who_is_always_let_in_is_told(ada):
    told = card((await ada.get(PAGE)).text, "crawlers")
    assert told.count("Always let in: ") == 1
    assert "None of your choices touches them, unless you name one." in told
    for service in ("link previews", "feed readers", "fediverse servers"):
        assert service in told


async def test_a_crawler_has_its_operator_and_how_far_a_no_reaches(ada):
    text = (await ada.get(f"{PAGE}/crawlers", params={"q": "gptbot"})).text
    (row,) = re.findall(r'<tr>\s*<th scope="row"><span class="name">GPTBot</span>.*?</tr>', text, re.DOTALL)
    assert re.search(r'href="https://[^"]*openai[^"]*" rel="noreferrer"', row)
    assert 'data-label="How far a no reaches">asked and refused' in row


async def test_the_live_files_are_led_to(ada):
    text = (await ada.get(PAGE)).text
    for path in ("/robots.txt", "/ai.txt", "/.well-known/tdmrep.json"):
        assert text.count(f'garden.example{path}" rel="noreferrer">Live</a>') == 1


async def test_a_choice_that_changes_no_file_is_told_as_kept(ada):
    kept, same = "No file changes; the choice is kept once you save.", "No change: this is in force."
    for form, told in (({"partner-sharing": "allow"}, kept), ({}, same), ({"robots-txt": ""}, same)):
        text = (await ada.post(f"{PAGE}/preview", data=form)).text
        assert (kept in text, same in text) == (told == kept, told == same)


async def test_nothing_is_copied_that_is_not_a_file_yet(ada):
    own, saved = [
        (await ada.post(f"{PAGE}/preview", data=form)).text for form in ({"robots-txt": "# mine"}, {"search": "allow"})
    ]
    assert (">Copy<" in own, ">Copy<" in saved) == (False, True)


async def test_a_platform_has_its_own_name_colours_and_help(signatures):
    settings = Settings(
        product_name="Hosting & Co", support_url="https://help.example/", theme={"accent": "rebeccapurple"}
    )
    garden = Gate(settings, signatures, Store())
    await garden.owners.add_site(["garden.example"], OWNER)
    async with browser_of(garden, owner_grant("garden.example", "ada")) as client:
        text = (await client.get(PAGE)).text
        (theme,) = re.findall(r'href="([^"]*/static/theme[^"]*)"', text)
        assert "--accent:rebeccapurple;" in (await client.get(theme)).text
    await garden.close()
    assert "<title>AI and crawlers on garden.example · Hosting &amp; Co</title>" in text
    assert "</svg>Hosting &amp; Co</p>" in text
    assert '<a class="support" href="https://help.example/" rel="noreferrer">Help</a>' in text


async def test_no_change_is_out_of_reach_however_many_there_are(garden, ada):
    for number in range(60):
        await garden.owners.change_robots_txt("garden.example", f"# {number}\n", OWNER)
    revisions, address = [], PAGE
    while address:
        page = (await ada.get(address)).text
        page = page[page.index('id="history"') :]
        revisions += re.findall(r'/served\?revision=(\d+)"', page)[::2]
        link = re.search(r'href="([^"]+)">Earlier changes<', page)
        address = link[1] if link else ""
    assert [int(revision) for revision in revisions] == list(range(61, 0, -1))
    assert "Later changes" in page
