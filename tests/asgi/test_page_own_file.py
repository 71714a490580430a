"""What the owner's page makes of their own robots.txt."""

import re

import pytest

from asgi.door import OWNER

PAGE = "/_gatepost/sites/garden.example"
ODD = "User-agent: *\nDisallow: /cart/\nDisalow: /x/\nnonsense\nDisallow: cart\n"


def lines_of(page):
    """robots.txt as the preview has it, each line with all that stands beside it."""
    (shown,) = re.findall(r'<ol class="lines" id="text-robots">(.*?)</ol>', page, re.DOTALL)
    return [re.sub(r"<[^>]*>", " ", line) for line in re.findall(r"<li.*?</li>", shown)]


async def test_what_is_odd_about_a_line_is_told_beside_it(garden, ada):
    await garden.owners.change_robots_txt("garden.example", ODD, OWNER)
    lines = lines_of((await ada.get(PAGE)).text)
    odd = [line for line in lines if "/x/" in line]
    assert odd
    assert all("This key is misspelt" in line and "your line 3" in line for line in odd)
    assert not any("misspelt" in line for line in lines if "/cart/" in line)


CLOSED = "User-agent: *\nDisallow: /\n"


async def test_an_own_file_that_closes_the_site_to_search_is_confirmed_by_name(garden, ada):
    form = {"robots-txt": CLOSED, "revision": "1"}
    asked = await ada.post(f"{PAGE}/own-file", data=form)
    assert (asked.status_code, "The whole site may disappear from search results." in asked.text) == (409, True)
    assert "Tick the box" not in asked.text
    (token,) = re.findall(r'name="confirmation" value="([^"]+)"', asked.text)
    again = await ada.post(f"{PAGE}/own-file", data=form | {"confirmation": token})
    assert (again.status_code, "Tick the box" in again.text) == (409, True)
    assert (await garden.owners.show("garden.example")).robots_txt == ""
    done = await ada.post(f"{PAGE}/own-file", data=form | {"confirmation": token, "search-meant": "yes"})
    assert done.status_code == 303
    assert (await garden.owners.show("garden.example")).robots_txt == CLOSED


async def test_closing_it_to_one_search_crawler_is_confirmed_with_its_name(ada):
    form = {"robots-txt": "User-agent: Googlebot\nDisallow: /\n", "revision": "1"}
    asked = await ada.post(f"{PAGE}/own-file", data=form)
    assert (asked.status_code, "Googlebot feeds search and would be told no." in asked.text) == (409, True)


async def test_what_leaves_search_as_it_is_is_not_asked_about(garden, ada):
    done = await ada.post(f"{PAGE}/own-file", data={"robots-txt": ODD, "revision": "1"})
    assert done.status_code == 303
    await garden.owners.change_robots_txt("garden.example", CLOSED, OWNER, search_confirmed=True)
    done = await ada.post(f"{PAGE}/own-file", data={"robots-txt": f"# shut\n{CLOSED}", "revision": "3"})
    assert done.status_code == 303


async def test_the_headline_tells_what_the_own_file_does_to_search(garden, ada):
    assert "You stay in search." in (await ada.get(PAGE)).text
    await garden.owners.change_robots_txt("garden.example", CLOSED, OWNER, search_confirmed=True)
    page = (await ada.get(PAGE)).text
    assert "You stay in search." not in page
    assert re.search(r"<h1.*Your own robots.txt keeps [1-9][0-9]* search crawlers out\.", page)


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "they come in addition"), ("de", "kommen sie hinzu"), ("fr", "elles s’ajoutent")],
)
async def test_that_lines_of_the_app_come_in_addition_is_said_below_the_preview(ada, language, told):
    assert (await ada.get(PAGE, params={"lang": language})).text.count(told) == 1


@pytest.mark.parametrize("fields", [{}, {"hx-request": "true"}])
async def test_own_lines_are_previewed_before_they_are_saved(garden, ada, fields):
    form = {"robots-txt": "User-agent: *\nDisallow: /cart/\nDisalow: /x/\n", "revision": "1"}
    page = (await ada.post(f"{PAGE}/preview", data=form, headers=fields)).text
    assert "With your own lines as they are typed." in page
    shown = lines_of(page)
    assert any("Disallow: /cart/" in line and "your line 2" in line and "new" in line for line in shown)
    assert any("This key is misspelt" in line for line in shown)
    assert "data-file" not in page, "what is served does not have these lines"
    assert (await garden.owners.show("garden.example")).revision == 1


async def test_own_lines_that_are_no_text_are_told_in_the_preview(ada):
    form, fields = {"robots-txt": "a\x01"}, {"hx-request": "true"}
    page = await ada.post(f"{PAGE}/preview", data=form, headers=fields)
    assert "Your lines hold characters that are not text." in page.text
    assert (await ada.post(f"{PAGE}/preview", data=form)).status_code == 200


@pytest.mark.parametrize("fields", [{}, {"hx-request": "true"}])
async def test_an_exception_for_a_crawler_is_previewed_before_it_is_saved(garden, ada, fields):
    form = {"crawler:CCBot": "block", "crawler:GPTBot": "inherit", "revision": "1"}
    page = (await ada.post(f"{PAGE}/preview", data=form, headers=fields)).text
    assert "With the exceptions for crawlers as they are chosen." in page
    assert any("User-agent: CCBot" in line and "new" in line for line in lines_of(page))
    assert 'id="consequences"' not in page, "the dialog is for the choices alone"
    if not fields:
        assert re.search(r'name="crawler:CCBot".*?<option value="block" selected>', page, re.DOTALL)
    assert (await garden.owners.show("garden.example")).revision == 1
