"""How a site is named in a path, and a host in a body: by an id where there is no host, and in any script."""

import pytest

from api.conftest import PLATFORM
from gatepost import Visibility


@pytest.fixture
async def bare(gate):
    """The id of a deleted site whose host is another's now."""
    await gate.owners.add_site(["c.example"], PLATFORM, "blogs/c 1%")
    await gate.owners.change_visibility("c.example", Visibility.DELETED, PLATFORM)
    await gate.owners.move_host("c.example", "b.example", PLATFORM)
    return "/sites/id:blogs%2Fc%201%25"


async def test_a_site_without_a_host_is_shown_and_changed_by_its_id(platform, bare):
    assert (await platform.get(bare))["hosts"] == []
    assert (await platform.get(f"{bare}/statement"))["host"] is None
    changed = await platform.send("PATCH", f"{bare}/statement", {"wishes": {"ai-training": "block"}})
    assert changed["wishes"] == {"ai-training": "block"}
    assert (await platform.send("POST", f"{bare}/preview", {"wishes": {"archives": "ask"}}))["wishes"]
    assert len((await platform.get(f"{bare}/history"))["history"]) == 4
    assert (await platform.send("PATCH", bare, {"plan": "pro"}))["plan"] == "pro"
    site = await platform.send("POST", f"{bare}/hosts", {"host": "d.example"})
    assert (site["id"], site["hosts"]) == ("blogs/c 1%", ["d.example"])


@pytest.mark.parametrize("rest", ["/explain?user_agent=x", "/reach"])
async def test_what_is_asked_of_a_host_is_refused_without_one(platform, bare, rest):
    assert (await platform.get(bare + rest, 404))["id"] == "api.unknown"


@pytest.mark.parametrize(
    "name", ["id:site-b", "id:", "id:*", "id:*region:eu", "id:nobody", "id:a%00", "id:%FF", "ID:site-a"]
)
async def test_an_id_that_a_credential_may_not_see_is_told_as_none(client, name):
    one = await client("sites:read", "sites:write", sites=["site-a"])
    assert (await one.get("/sites/id:site-a"))["id"] == "site-a"
    assert (await one.get(f"/sites/{name}", 404))["id"] == "site.unknown"
    assert (await one.send("PATCH", f"/sites/{name}", {"robots_txt": ""}, 404))["id"] == "site.unknown"


async def test_a_site_with_hosts_is_asked_about_by_its_id_too(platform):
    assert (await platform.get("/sites/id:site-a/explain", params={"user_agent": "GPTBot/1.4"}))["host"] == "a.example"


BOOKS = "xn--bcher-kva.example"


@pytest.mark.parametrize("host", ["bücher.example", "BÜCHER.example", "bücher。example", BOOKS, BOOKS.upper()])
async def test_a_host_in_any_script_is_taken_as_browsers_take_it(platform, host):
    assert (await platform.send("POST", "/sites", {"hosts": [host]}, 201, match=None))["hosts"] == [BOOKS]
    assert (await platform.send("POST", "/sites/a.example/hosts", {"host": host}, 409))["id"] == "store.host.taken"


@pytest.mark.parametrize(
    "host", ["bü cher.example", "ü:80", "☃.example", "a..ü", "\u200d.example", "ü" * 64, "http://ü/", "-ü"]
)
async def test_what_is_no_host_in_any_script_is_told(platform, host):
    problem = await platform.send("POST", "/sites/a.example/hosts", {"host": host}, 422)
    assert (problem["id"], problem["errors"][0]["place"]) == ("api.body.invalid", "/host")
