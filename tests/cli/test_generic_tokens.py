"""A generic token reaches production by no path: a row for each path, a column for each token."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatepost import Gate, SignatureFileError, open_gate
from gatepost.core.admission import admit
from gatepost.core.crawlers import Purpose
from gatepost.core.publications import Kind
from gatepost.core.releases import Release, ReleaseKind, released
from gatepost.core.rollouts import IssuedSet, Rollout
from gatepost.sources import load_signatures, packaged_corpora

GOOD = Path(__file__).with_name("signatures.yaml").read_text(encoding="utf-8")
TOKENS = ["Spider", "Code", "Mozilla", "", "Bot", "Safari", "Mobile Safari", "Win64", "iPhone OS", "Electron", "Linux"]
IN_APPS = ["Instagram", "FBAN", "MicroMessenger"]
"""What people in the browser of an app carry."""


FAULTS = ("signatures.token.", "signatures.corpus.", "signatures.sample.")
"""How the ids begin of what a token is refused for."""


def refused(use: Callable[[], object]) -> None:
    with pytest.raises(SignatureFileError) as caught:
        use()
    assert caught.value.id.startswith(FAULTS)


def with_token(token: str) -> str:
    """A signature file in which one entry has one more token."""
    return GOOD.replace("user_agent_tokens: [CCBot]", f'user_agent_tokens: [CCBot, "{token}"]')


FINE = with_token("ArchiveBotOfOurs").encode()
"""The same with a token that nothing is wrong with: it reaches production by each path."""


@pytest.fixture(params=TOKENS, ids=lambda token: token or "empty")
def file(request, folder):
    """A signature file in which one entry has one more token."""
    path = folder / "generic.yaml"
    path.write_text(with_token(request.param), encoding="utf-8")
    return path


def test_the_file_without_it_is_fine(folder):
    (folder / "good.yaml").write_text(GOOD, encoding="utf-8")
    assert len(load_signatures(folder / "good.yaml").crawlers) == 16


def test_not_by_admission(file):
    refused(lambda: admit(file.read_bytes(), packaged_corpora()))


@pytest.mark.parametrize("purpose", [purpose.value for purpose in Purpose])
@pytest.mark.parametrize("token", IN_APPS)
def test_not_by_admission_whatever_its_entry_takes_content_for(token, purpose):
    """On a site that blocks just that purpose, people would be refused."""
    own = "user_agent_tokens: [CCBot]\n    purposes: [ai-training, archives]"
    assert own in GOOD
    entry = f"user_agent_tokens: [CCBot, {token}]\n    purposes: [{purpose}]"
    refused(lambda: admit(GOOD.replace(own, entry).encode(), packaged_corpora()))


@pytest.mark.parametrize("token", ["Twitterbot", "Feedly", "Googlebot"])
def test_a_robots_token_of_others_is_not_admitted(token):
    """Every site that has opted out would ask them to stay away."""
    own = "robots_tokens: [CCBot]"
    assert own in GOOD
    source = GOOD.replace(own, f"robots_tokens: [CCBot, {token}]").encode()
    with pytest.raises(SignatureFileError) as caught:
        admit(source, packaged_corpora())
    assert caught.value.id.startswith(("signatures.robots_token.", "signatures.corpus.disallowed"))


def test_not_by_a_file_at_the_start(file):
    refused(lambda: load_signatures(file))


def test_not_by_a_setting_in_the_call(file):
    refused(lambda: open_gate("sqlite://", signatures=file))


def test_not_by_the_environment(file, monkeypatch):
    monkeypatch.setenv("GATEPOST_SIGNATURES", str(file))
    refused(lambda: open_gate("sqlite://"))


def test_not_by_the_settings_file(file, folder, monkeypatch):
    monkeypatch.delenv("GATEPOST_SIGNATURES")
    (folder / "gatepost.toml").write_text(f'signatures = "{file}"\n', encoding="utf-8")
    refused(lambda: open_gate("sqlite://"))


def test_not_by_an_overlay(file, folder):
    _, _, rest = file.read_text("utf-8").partition("  - name: CCBot")
    entry = f"  - name: CCBot{rest.partition('  - name: ')[0]}"
    (folder / "overlay.yaml").write_text(f"format: 1\ncrawlers:\n{entry}", encoding="utf-8")
    refused(lambda: open_gate("sqlite://", signatures_overlay=folder / "overlay.yaml"))


def test_not_by_a_release(file, run):
    for more in ((), ("--shadow",), ("--percent", "1")):
        assert "^" in run("signatures", "publish", str(file), *more, status=1).stdout
    assert "nothing is released" in run("signatures", "status").stdout


def refused_for_the_token(gate: Gate) -> bool:
    """Whether that is the last that the worker did not take up."""
    refused = gate.recognition.refused
    return refused is not None and refused.error.id.startswith(FAULTS)


async def test_not_by_a_file_that_is_exchanged(file, folder):
    own = folder / "own.yaml"
    own.write_text(GOOD, encoding="utf-8")
    gate = open_gate("sqlite://", signatures=own)
    for octets in (file.read_bytes(), FINE):
        own.write_bytes(octets)
        for _ in range(3):
            await gate.recognition.look_at_file()
        if octets != FINE:
            assert gate.signatures.source == GOOD.encode()
            assert refused_for_the_token(gate)
    assert (gate.signatures.source, gate.recognition.refused) == (FINE, None)
    await gate.close()


async def written(store, octets: bytes, *, part: bool = False) -> None:
    """A release that no command of ours would have made, by who writes into the store."""
    last = await store.last_published(Kind.RELEASE)
    issued = IssuedSet(hashlib.sha256(octets).hexdigest(), "9.9.9")
    rollout = Rollout(None, issued, 100) if part else Rollout(issued)
    after = last.number if last else 0
    release = Release(ReleaseKind.PUBLISHED, datetime.now(UTC), "nobody", "", rollout, after)
    await store.publish_next(released(release, [octets]), after)


@pytest.mark.parametrize("part", [False, True], ids=["whole", "part"])
async def test_not_by_who_writes_into_the_store(file, part):
    gate = open_gate("sqlite://")
    before = gate.recognition.now
    await written(gate.store, file.read_bytes(), part=part)
    await gate.recognition.look_at_store()
    assert gate.recognition.now is before
    assert refused_for_the_token(gate)
    await written(gate.store, FINE, part=part)
    await gate.recognition.look_at_store()
    now = gate.recognition.now
    assert ((now.part or now.whole).signatures.source, gate.recognition.refused) == (FINE, None)
    await gate.close()


async def test_not_by_who_writes_into_the_last_known_copy(file, folder):
    """From which a worker starts while the store is away."""
    url = f"sqlite:///{folder}/away.db"
    for octets in (file.read_bytes(), FINE):
        before = open_gate(url)
        await written(before.store, octets)
        entry, copy = await before.store.last_published(Kind.RELEASE), before.recognition.kept
        assert entry
        assert copy
        await copy.keep_published(entry, Kind.RELEASE, [octets])
        await before.close()
        for name in ("away.db", "away.db-wal", "away.db-shm"):
            (folder / name).unlink(missing_ok=True)
        gate = open_gate(url)
        own = gate.recognition.now
        await gate.recognition.recall()
        if octets != FINE:
            assert gate.recognition.now is own
            assert refused_for_the_token(gate)
        await gate.close()
    assert (gate.signatures.source, gate.recognition.refused) == (FINE, None)


def test_no_command_works_with_it(file, run, monkeypatch):
    monkeypatch.setenv("GATEPOST_SIGNATURES", str(file))
    assert "(signatures." in run("classify", "-", given="x", status=2).stderr


def test_ci_refuses_it(file, rows):
    """As a fault of the word, or by the people who carry it."""
    kinds = {row.get("kind", row.get("id")) for row in rows("signatures", "test", str(file), "--json", status=1)}
    assert kinds & {"offence", "signatures.token.generic", "signatures.token.length", "signatures.token.number"}
