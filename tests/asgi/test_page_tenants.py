"""Every page below a site x one's own, another's and no site: who may not see a site is told that there is none."""

import pytest

from asgi.door import OWNER, Store, browser_of, gate_on
from gatepost.asgi.credentials import Credentials
from gatepost.asgi.pages.routes import doorway, page_routes
from gatepost.core.access import owner_grant

MINE, THEIRS, NOBODYS = "garden.example", "kitchen.example", "never.example"
ASKED = {"/sites/{host}/test": "?url=/&agent=GPTBot", "/sites/{host}/served": "?revision=1"}
"""What a page needs to be told, for its own owner to be shown it."""
SENT = {"ai-training": "block", "revision": "1", "url": "/", "agent": "GPTBot", "robots-txt": ""}


@pytest.fixture
async def gate(signatures):
    gate = gate_on(signatures, Store())
    for host in (MINE, THEIRS):
        await gate.owners.add_site([host], OWNER)
    yield gate
    await gate.close()


async def test_another_owners_site_is_told_as_none(gate):
    routes = [route for route in page_routes(doorway(gate, Credentials(gate))) if "{host}" in route.path]
    assert len(routes) > 10
    async with browser_of(gate, owner_grant(MINE, "ada")) as browser:

        async def ask(route, method, host):
            path = "/_gatepost" + route.path.format(host=host, name="robots.txt") + ASKED.get(route.path, "")
            return await browser.request(method, path, data=SENT if method == "POST" else None)

        for route in routes:
            for method in sorted({*(route.methods or ())} - {"HEAD"}):
                theirs, nobodys = [await ask(route, method, host) for host in (THEIRS, NOBODYS)]
                assert (theirs.status_code, nobodys.status_code) == (404, 404), (method, route.path)
                assert theirs.text.replace(THEIRS, "") == nobodys.text.replace(NOBODYS, ""), (method, route.path)
                assert (await ask(route, method, MINE)).status_code in {200, 303, 409}, (method, route.path)
    assert [event.revision for event in await gate.store.history(THEIRS)] == [1]
