"""The history gives the sums of the files that were served then, for an owner to compare with those that they saved."""

import hashlib
from datetime import UTC, datetime

import pytest

from asgi.door import App, Store, ask, gate_on, wish
from gatepost import CrawlerAccessMiddleware, owner_grant
from gatepost.asgi.pages.words import LANGUAGES, words_in
from gatepost.core.sites import Actor, ActorKind
from gatepost.errors import GatepostError
from gatepost.service.served import Format

GARDEN, PREFIX = "garden.example", "/_gatepost"
PATHS = ("/robots.txt", "/ai.txt", "/.well-known/tdmrep.json")
HOST = Actor(ActorKind.PLATFORM, "host")


@pytest.fixture
async def gate(signatures):
    gate = gate_on(signatures, Store())
    yield gate
    await gate.close()


@pytest.fixture
def serve(gate):
    """The sums of what a crawler is given now."""
    app = CrawlerAccessMiddleware(App(robots=b"User-agent: *\nDisallow: /cart/\n"), gate=gate)

    async def served(host=GARDEN):
        await ask(app, "/", host=host.encode())
        replies = [await ask(app, path, host=host.encode()) for path in PATHS]
        await gate.publisher.flush()
        return [hashlib.sha256(reply.body).hexdigest() for reply in replies]

    return served


async def look(gate, query, *, site=GARDEN, grant=GARDEN, language=b"en", fields=()):
    async def owner(scope):
        return owner_grant(grant, "ada")

    asked = f"{PREFIX}/sites/{site}{query}"
    return await ask(gate.owner_app(owner), asked, root_path=PREFIX, fields=[(b"accept-language", language), *fields])


async def test_the_files_of_each_change_are_told_by_their_sums(gate, serve):
    await wish(gate, GARDEN, "ai-training=ask")
    first = await serve()
    await wish(gate, GARDEN, "archives=ask")
    second = await serve()
    assert first != second
    page = (await look(gate, "")).body.decode()
    for revision, then, other in ((2, first, second), (3, second, first)):
        link = f"{PREFIX}/sites/{GARDEN}/served?revision={revision}"
        assert f'href="{link}"' in page
        assert f'hx-get="{link}"' in page
        told = (await look(gate, f"/served?revision={revision}")).body.decode()
        for path, sum in zip(PATHS, then, strict=True):
            assert f"<code>{path}</code>: <code>{sum}</code></li>" in told
        assert not [sum for sum in other if sum in told and sum not in then]
    part = (await look(gate, "/served?revision=2", fields=[(b"hx-request", b"true")])).body.decode()
    assert first[0] in part
    assert "<html" not in part


async def test_what_nobody_asked_for_is_made_again_and_said_to_be(gate, serve):
    await wish(gate, GARDEN, "ai-training=ask")
    await wish(gate, GARDEN, "ai-training=block")
    for tag in LANGUAGES:
        told = (await look(gate, "/served?revision=2", language=tag.encode())).body.decode()
        assert words_in(tag).say("history.file-rebuilt") in told.replace("&#39;", "'")


async def test_the_files_are_the_sites_own_whoever_has_its_host_now(gate, serve):
    await wish(gate, GARDEN, "ai-training=block")
    before = await serve()
    site = await gate.owners.show(GARDEN)
    await wish(gate, "shed.example", "ai-training=allow")
    await gate.owners.add_host(GARDEN, "green.example", HOST)
    await gate.owners.move_host(GARDEN, "shed.example", HOST)
    told = await look(gate, "/served?revision=2", site="green.example", grant=site.id)
    assert f"<code>/robots.txt</code>: <code>{before[0]}</code>" in told.body.decode()
    theirs = (await gate.owners.show("shed.example")).id
    assert (await look(gate, "/served?revision=2", site="green.example", grant=theirs)).status == 404


async def test_any_other_time_may_be_asked_for(gate, serve):
    await wish(gate, GARDEN, "ai-training=ask")
    before = await serve()
    then = datetime.now(UTC)
    await wish(gate, GARDEN, "archives=ask")
    await serve()
    for at in (then.isoformat().replace("+00:00", "Z"), then.replace(tzinfo=None).isoformat()):
        told = (await look(gate, f"/served?at={at}")).body.decode()
        assert f"<code>/robots.txt</code>: <code>{before[0]}</code>" in told
    assert b"The site had no address then." in (await look(gate, "/served?at=2020-01-01T12:00")).body
    for at in ("", "yesterday", "9999", "0001-01-01T00:00%2B23:59"):
        assert (await look(gate, f"/served?at={at}")).status == 404


@pytest.mark.parametrize("revision", ["0", "99", "", "x", "-1", "9" * 40, "\u0661"])
async def test_there_is_no_such_change(gate, revision):
    await wish(gate, GARDEN, "ai-training=ask")
    assert (await look(gate, f"/served?revision={revision}")).status == 404


async def test_nothing_is_said_to_have_been_served_on_a_day_to_come(gate, serve):
    await wish(gate, GARDEN, "ai-training=block")
    await serve()
    told = (await look(gate, "/served?at=2090-01-01T00:00Z")).body.decode()
    assert "2090" not in told
    assert str(datetime.now(UTC).year) in told
    with pytest.raises(GatepostError) as raised:
        await gate.served.at(GARDEN, datetime(2090, 1, 1, tzinfo=UTC), Format.ROBOTS_TXT)
    assert raised.value.id == "record.time.to-come"
