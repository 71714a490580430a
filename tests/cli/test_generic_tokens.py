"""A generic token reaches production by no path: a row for each path, a column for each token."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatepost import SignatureFileError, open_gate
from gatepost.core.admission import admit
from gatepost.core.releases import Release, ReleaseKind, released
from gatepost.core.rollouts import IssuedSet, Rollout
from gatepost.sources import load_signatures, packaged_corpora

GOOD = Path(__file__).with_name("signatures.yaml").read_text(encoding="utf-8")
TOKENS = ["Spider", "Code", "Mozilla", "", "Bot", "Safari", "Mobile Safari", "Win64", "iPhone OS", "Electron", "Linux"]


def refused(use: Callable[[], object]) -> None:
    with pytest.raises(SignatureFileError) as caught:
        use()
    assert caught.value.id.startswith(("signatures.token.", "signatures.corpus.", "signatures.sample."))


@pytest.fixture(params=TOKENS, ids=lambda token: token or "empty")
def file(request, folder):
    """A signature file in which one entry has one more token."""
    path = folder / "generic.yaml"
    path.write_text(
        GOOD.replace("user_agent_tokens: [CCBot]", f'user_agent_tokens: [CCBot, "{request.param}"]'), encoding="utf-8"
    )
    return path


def test_the_file_without_it_is_fine(folder):
    (folder / "good.yaml").write_text(GOOD, encoding="utf-8")
    assert len(load_signatures(folder / "good.yaml").crawlers) == 16


def test_not_by_admission(file):
    refused(lambda: admit(file.read_bytes(), packaged_corpora()))


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


async def test_not_by_a_file_that_is_exchanged(file, folder):
    own = folder / "own.yaml"
    own.write_text(GOOD, encoding="utf-8")
    gate = open_gate("sqlite://", signatures=own)
    own.write_bytes(file.read_bytes())
    for _ in range(3):
        await gate.recognition.look_at_file()
    assert gate.signatures.source == GOOD.encode()
    assert gate.recognition.refused
    await gate.close()


async def test_not_by_who_writes_into_the_store(file):
    """A release that no command of ours would have made."""
    gate, octets = open_gate("sqlite://"), file.read_bytes()
    before = gate.signatures
    issued = IssuedSet(hashlib.sha256(octets).hexdigest(), "9.9.9")
    for rollout in (Rollout(issued), Rollout(None, issued, 100)):
        last = await gate.releases.present()
        after = last.number if last else 0
        release = Release(ReleaseKind.PUBLISHED, datetime.now(UTC), "nobody", "", rollout, after)
        await gate.store.publish_next(released(release, [octets]), after)
        await gate.recognition.look_at_store()
        assert gate.signatures is before
        assert gate.recognition.now.part is None
    await gate.close()


def test_no_command_works_with_it(file, run, monkeypatch):
    monkeypatch.setenv("GATEPOST_SIGNATURES", str(file))
    assert "(signatures." in run("classify", "-", given="x", status=2).stderr


def test_ci_refuses_it(file, rows):
    """As a fault of the word, or by the people who carry it."""
    kinds = {row.get("kind", row.get("id")) for row in rows("signatures", "test", str(file), "--json", status=1)}
    assert kinds & {"offence", "signatures.token.generic", "signatures.token.length", "signatures.token.number"}
