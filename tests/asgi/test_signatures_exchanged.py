"""A worker goes over to other signatures while it serves: from its own file, its overlay, or a release in the store."""

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from api.conftest import SECRET, door
from asgi.door import BROWSER, GPTBOT, OWNER, App, Store, ask
from gatepost import Actor, ActorKind, CrawlerAccessMiddleware, Gate, Scope, Settings, open_gate
from gatepost.asgi.service import service_app
from gatepost.cli import app as commands
from gatepost.core.matching import Matcher
from gatepost.core.preferences import Stance
from gatepost.core.publications import Kind
from gatepost.core.request import read_request
from gatepost.core.workers import Met
from gatepost.service.releases import Act
from gatepost.sources import load_signatures
from guarantees.parts import train
from releasing import ENTRY, NEXT, SHIPPED, WITH_NEW

GARDEN = "garden.example"
PROBE = b"ProbeBotOfOurs/1.0"
OPS = Act(OWNER)
OVERLAY = b"format: 1\ncrawlers:" + ENTRY


@pytest.fixture
async def worker(tmp_path):
    """Make a gate on a file and an overlay, with a garden that refuses training."""
    store, made = Store(), []

    async def make(**files):
        paths = {name: tmp_path / f"{name}.yaml" for name in files}
        for name, octets in files.items():
            paths[name].write_bytes(octets)
        settings = Settings(**paths)
        signatures = load_signatures(settings.signatures, settings.signatures_overlay)
        gate = Gate(settings, signatures, store)
        made.append(gate)
        if await store.site_by_host(GARDEN) is None:
            await gate.owners.add_site([GARDEN], OWNER)
            await train(gate, Stance.BLOCK, GARDEN)
        return gate

    yield make
    for gate in made:
        await gate.close()


async def exchanged(gate, file, octets):
    """The file is another one by now, and at rest."""
    beside = file.with_suffix(".new")
    beside.write_bytes(octets)
    beside.replace(file)
    for _ in range(3):
        await gate.recognition.look_at_file()
    await renewed(gate)


async def followed(gate):
    """The last release."""
    await gate.recognition.look_at_store()
    await renewed(gate)


async def renewed(gate):
    if gate._renewal:
        await gate._renewal


async def says(gate, agent=PROBE):
    app = CrawlerAccessMiddleware(App(), gate=gate)
    robots = (await ask(app, "/robots.txt", agent=agent)).body.decode()
    return (await ask(app, agent=agent)).status, "ProbeBotOfOurs" in robots


async def test_the_file_is_followed_at_the_door_and_in_robots_txt_at_once(worker, tmp_path):
    gate = await worker(signatures=SHIPPED)
    assert await says(gate) == (200, False)
    await exchanged(gate, tmp_path / "signatures.yaml", WITH_NEW)
    assert await says(gate) == (403, True)
    await exchanged(gate, tmp_path / "signatures.yaml", SHIPPED)
    assert await says(gate) == (200, False)


async def test_a_bad_file_changes_nothing_and_readyz_and_the_log_say_why_with_line_and_caret(worker, tmp_path, caplog):
    gate = await worker(signatures=WITH_NEW)
    bad = WITH_NEW.replace(b"user_agent_tokens: [ProbeBotOfOurs]", b"user_agent_tokens: [Mozilla]")
    await exchanged(gate, tmp_path / "signatures.yaml", bad)
    assert await says(gate) == (403, True)
    told = json.loads((await ask(service_app(gate), "/_gatepost/readyz", agent=b"probe")).body)["signatures"]
    assert told["version"] == "1.1.0"
    assert told["refused"]["id"] == "signatures.token.generic"
    assert any("^" in line for line in told["refused"]["shown"])
    assert any(line.startswith("line ") for line in told["refused"]["shown"])
    assert "file is not taken up, signatures 1.1.0 stay in force:\nline " in caplog.text
    assert "^" in caplog.text
    await exchanged(gate, tmp_path / "signatures.yaml", WITH_NEW.replace(b"1.1.0", b"1.1.1", 1))
    assert gate.recognition.refused is None


async def test_a_file_that_goes_away_is_missed_and_the_last_one_stays(worker, tmp_path):
    gate = await worker(signatures=WITH_NEW)
    (tmp_path / "signatures.yaml").unlink()
    for _ in range(3):
        await gate.recognition.look_at_file()
    assert await says(gate) == (403, True)
    assert gate.recognition.refused.error.id == "signatures.file.unreadable"


@pytest.mark.parametrize("wrong", [None, "signatures_overlay.yaml"])
async def test_readyz_tells_strangers_no_path_of_this_machine(worker, tmp_path, wrong):
    """It names a file by its name alone, whether it is gone or has a fault; the log has the whole path."""
    gate = await worker(signatures=WITH_NEW, signatures_overlay=b"format: 1\nwithout: []\n")
    if wrong:
        await exchanged(gate, tmp_path / wrong, OVERLAY.replace(b"[ProbeBotOfOurs]", b"[Spider]"))
    else:
        (tmp_path / "signatures.yaml").unlink()
        for _ in range(3):
            await gate.recognition.look_at_file()
    body = (await ask(service_app(gate), "/_gatepost/readyz", agent=b"probe")).body.decode()
    assert f"{wrong or 'signatures.yaml'}, line " in json.loads(body)["signatures"]["refused"]["shown"][0]
    assert str(tmp_path) not in body
    assert str(tmp_path) in gate.recognition.refused.shown


async def test_a_pipe_in_its_place_keeps_nobody_waiting(worker, tmp_path):
    gate, file = await worker(signatures=WITH_NEW), tmp_path / "signatures.yaml"
    file.unlink()
    os.mkfifo(file)
    try:
        async with asyncio.timeout(20):
            for _ in range(3):
                await gate.recognition.look_at_file()
            await gate.releases.publish(SHIPPED.replace(b"1.0.0", b"1.2.0", 1), OPS)
            await followed(gate)
    finally:
        with suppress(OSError):  # let go whoever waits there
            os.close(os.open(file, os.O_WRONLY | os.O_NONBLOCK))
    assert gate.recognition.refused.error.id == "signatures.file.unreadable"
    assert await says(gate) == (200, False)


async def test_the_overlay_is_followed_and_told_by_its_own_lines(worker, tmp_path):
    gate = await worker(signatures=SHIPPED, signatures_overlay=b"format: 1\nwithout: []\n")
    await exchanged(gate, tmp_path / "signatures_overlay.yaml", OVERLAY)
    assert await says(gate) == (403, True)
    await exchanged(gate, tmp_path / "signatures_overlay.yaml", OVERLAY.replace(b"[ProbeBotOfOurs]", b"[Spider]"))
    assert await says(gate) == (403, True)
    [first, *_] = gate.recognition.refused.error.faults
    assert (first.line, first.file) == (5, str(tmp_path / "signatures_overlay.yaml"))
    assert "Spider" in gate.recognition.refused.shown


async def test_the_overlay_lies_over_what_is_released_and_survives_it(worker, tmp_path):
    gate = await worker(signatures_overlay=OVERLAY)
    assert (await says(gate))[0] == 403
    await gate.releases.publish(NEXT, OPS)
    await followed(gate)
    assert gate.signatures.version.startswith("1.1.0")
    assert await says(gate) == (403, True)
    await exchanged(gate, tmp_path / "signatures_overlay.yaml", b"format: 1\nwithout: []\n")
    assert await says(gate) == (200, False)
    assert gate.recognition.now.number == (await gate.releases.present()).number


async def test_a_release_comes_before_the_file_and_the_file_again_after_the_way_back(worker, tmp_path):
    gate = await worker(signatures=WITH_NEW)
    await gate.releases.publish(SHIPPED.replace(b"1.0.0", b"1.2.0", 1), OPS)
    await followed(gate)
    assert await says(gate) == (200, False)
    await gate.releases.rollback(OPS)
    await followed(gate)
    assert await says(gate) == (403, True)


async def test_a_released_file_that_is_damaged_in_the_store_is_not_taken_up(worker):
    gate = await worker()
    await gate.releases.publish(NEXT, OPS)

    async def damaged(name):
        return NEXT[:-1000]

    gate.recognition.record = Damaged(gate.store, damaged)
    await gate.recognition.look_at_store()
    assert gate.signatures.version == "1.0.0"
    assert gate.recognition.refused.place.startswith("release ")
    assert (await says(gate, GPTBOT))[0] == 403


class Damaged:
    """The store, but for the octets."""

    def __init__(self, store, octets):
        self._store, self.octets = store, octets

    def __getattr__(self, name):
        return getattr(self._store, name)


async def test_an_unforeseen_fault_of_a_file_is_told_once_and_not_tried_again(worker, tmp_path, monkeypatch, caplog):
    gate, tries = await worker(signatures=SHIPPED), []

    def broken(octets, held):
        tries.append(octets)
        raise RuntimeError("nobody thought of it")

    with monkeypatch.context() as patched:
        patched.setattr(gate.recognition.source, "admit", broken)
        await exchanged(gate, tmp_path / "signatures.yaml", WITH_NEW)
        await exchanged(gate, tmp_path / "signatures.yaml", WITH_NEW)
    assert tries == [WITH_NEW]
    told = json.loads((await ask(service_app(gate), "/_gatepost/readyz", agent=b"probe")).body)["signatures"]
    assert (told["version"], told["refused"]["id"]) == ("1.0.0", "signatures.unforeseen")
    assert "RuntimeError: nobody thought of it" in told["refused"]["shown"][0]
    assert [caplog.text.count(word) for word in ("Traceback", "in broken")] == [1, 1]
    await exchanged(gate, tmp_path / "signatures.yaml", WITH_NEW.replace(b"1.1.0", b"1.1.1", 1))
    assert (gate.signatures.version, gate.recognition.refused) == ("1.1.1", None)


async def test_an_unforeseen_fault_of_a_release_is_told_once_and_not_tried_again(worker, caplog):
    gate, asked = await worker(), []
    await gate.releases.publish(NEXT, OPS)

    async def broken(name):
        asked.append(name)
        raise RuntimeError("nobody thought of it")

    whole, gate.recognition.record = gate.recognition.record, Damaged(gate.store, broken)
    for _ in range(3):
        await gate.recognition.look_at_store()
    assert len(asked) == caplog.text.count("Traceback") == 1
    assert (gate.signatures.version, gate.recognition.refused.error.id) == ("1.0.0", "signatures.unforeseen")
    gate.recognition.record = whole
    await gate.releases.publish(NEXT.replace(b"1.1.0", b"1.2.0", 1), OPS)
    await followed(gate)
    assert (gate.signatures.version, gate.recognition.refused) == ("1.2.0", None)


async def test_a_release_that_cannot_be_read_is_not_taken_up(worker):
    gate = await worker()
    await gate.releases.publish(NEXT, OPS)
    last = await gate.store.last_published(Kind.RELEASE)
    gate.recognition.record = Damaged(gate.store, None)

    async def torn(kind):
        return replace(last, content=last.content[:20])

    gate.recognition.record.last_published = torn
    await gate.recognition.look_at_store()
    assert gate.recognition.refused.error.id == "signatures.release.unreadable"
    assert (await says(gate, GPTBOT))[0] == 403


async def test_a_start_without_the_store_is_by_the_last_release(tmp_path):
    url = f"sqlite:///{tmp_path}/sites.db"
    first = open_gate(url)
    await first.owners.add_site([GARDEN], OWNER)
    await train(first, Stance.BLOCK, GARDEN)
    await first.start()
    await first.snapshots.visit(GARDEN)
    await first.releases.publish(WITH_NEW, OPS, shadow=True)
    await first.releases.publish(WITH_NEW, OPS)
    await followed(first)
    await first.close()
    (tmp_path / "sites.db").rename(tmp_path / "away.db")
    late = open_gate(url)
    await late.start()
    assert late.signatures.version == "1.1.0"
    assert await says(late) == (403, True)
    await late.close()


async def test_what_was_served_by_a_part_is_in_the_record(worker):
    gate = await worker()
    gate.publisher.begin()
    id = (await gate.owners.show(GARDEN)).id
    await gate.releases.publish(WITH_NEW, OPS, shadow=True, percent=100)
    await gate.releases.publish(WITH_NEW, OPS, percent=99)
    await followed(gate)
    await gate.publisher.flush()
    entry = (await gate.store.published(Kind.IN_FORCE))[-1]
    said = json.loads(entry.content)
    assert (said["percent"], said["part"]) == (99, gate.recognition.now.of(id).signatures.sha256)


async def test_whom_a_signature_on_trial_meets_is_counted_and_told_at_every_place(tmp_path):
    url = f"sqlite:///{tmp_path}/sites.db"
    gate = open_gate(url, secret=SECRET)
    await gate.owners.add_site([GARDEN], OWNER)
    await train(gate, Stance.BLOCK, GARDEN)
    await gate.releases.publish(WITH_NEW, OPS, shadow=True)
    await followed(gate)
    app = CrawlerAccessMiddleware(App(), gate=gate)
    seen = [(await ask(app, agent=agent)).status for agent in (PROBE, PROBE, b"ProbeBotOfOurs/2.0", BROWSER, GPTBOT)]
    assert seen == [200, 200, 200, 200, 403]
    await gate.reports.tell()
    [report] = await gate.reports.present()
    assert report.met == (Met("ProbeBotOfOurs", 3, ("ProbeBotOfOurs/1.0", "ProbeBotOfOurs/2.0")),)
    assert 'gatepost_signatures_on_trial_requests{crawler="ProbeBotOfOurs"} 3.0' in await metrics(gate)
    told = await asyncio.to_thread(CliRunner().invoke, commands, ["signatures", "status", "--database", url])
    assert "on trial, ProbeBotOfOurs: 3 requests would have been refused\n  ProbeBotOfOurs/1.0\n" in told.stdout
    await gate.close()


async def metrics(gate):
    """The lines that Prometheus reads."""
    token, _ = await gate.access.add_token(Actor(ActorKind.OPERATOR, "zoe"), [Scope.METRICS_READ], None, None)
    async with door(gate) as http:
        return (await http.get("/_gatepost/metrics", headers={"authorization": f"Bearer {token}"})).text.splitlines()


async def test_forward_auth_counts_whom_a_signature_on_trial_meets_as_well(worker):
    gate = await worker()
    await gate.releases.publish(WITH_NEW, OPS, shadow=True)
    await followed(gate)
    request = read_request([(b"host", GARDEN.encode()), (b"user-agent", PROBE)], b"/", b"", None)
    assert not (await gate.judge(request))[1].refused
    assert gate.recognition.met == [Met("ProbeBotOfOurs", 1, (PROBE.decode(),))]


async def test_the_way_back_is_to_what_is_at_hand_and_nothing_is_read_or_compiled(worker, monkeypatch):
    gate = await worker()
    await gate.releases.publish(WITH_NEW, OPS, shadow=True)
    await followed(gate)
    await gate.releases.publish(WITH_NEW, OPS)
    await followed(gate)
    made = []

    def noted(what, act):
        def noting(*given):
            made.append(what)
            return act(*given)

        return noting

    source = gate.recognition.source
    monkeypatch.setattr("gatepost.service.signatures.Matcher", noted("compiled", Matcher))
    monkeypatch.setattr(type(source), "admit", noted("read", type(source).admit))
    for expected in ((200, True), (200, False)):
        await gate.releases.rollback(OPS)
        await followed(gate)
        assert await says(gate) == expected
        assert made == []
    await gate.releases.publish(NEXT, OPS)
    await followed(gate)
    assert made == ["read", "compiled"], "what is new is"
