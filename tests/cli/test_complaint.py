"""``gatepost ledger complaint``: one file that an owner can complain with, and that anybody can check."""

import asyncio
import hashlib
import json
import sqlite3
import subprocess
import sys
import zipfile
from datetime import UTC, datetime

import pytest

from asgi.door import GPTBOT, App, ask
from export_items import license_partner
from gatepost import CrawlerAccessMiddleware, open_gate
from gatepost.core.duties import Receipt, ReceiptKind
from gatepost.storage import open_store

URL = "sqlite:///sites.db"
SENT = ("action", "site", "hosts", "former_hosts", "purpose", "since", "paths", "terms", "revision", "scope")


@pytest.fixture
def story(run):
    """A site that shared, was crawled, opted out, and of which one partner confirms the removal."""
    site = {"hosts": ["blog.example", "www.blog.example"], "wishes": ["partner-sharing=allow"]}
    run("sites", "import", "-", given=json.dumps(site))
    license_partner(URL, name="Acme Data")

    async def crawl():
        gate = open_gate(URL)
        app = CrawlerAccessMiddleware(App(), gate=gate)
        await gate.start()
        for path in ("/", "/a", "/robots.txt"):
            await ask(app, path, agent=GPTBOT, host=b"blog.example")
        await gate.close()

    async def answer():
        store = open_store(URL)
        (duty,) = await store.duties_of_site("blog.example")
        at = datetime.now(UTC)
        await store.confirm("acme", Receipt(duty.notice.id, ReceiptKind.REMOVED, at, version="2026-11"))
        await store.close()
        return duty.notice.id

    asyncio.run(crawl())
    run("sites", "set", "blog.example", "ai-training=block")
    asyncio.run(crawl())
    return asyncio.run(answer())


def test_the_pack_tells_the_whole_story_and_can_be_checked(run, folder, story):
    assert "begin with complaint.txt" in run("ledger", "complaint", "--site", "www.blog.example", "pack.zip").stderr
    with zipfile.ZipFile(folder / "pack.zip") as pack:
        pack.extractall(folder / "pack")
    letter = (folder / "pack" / "complaint.txt").read_text(encoding="utf-8")
    assert "  - ai-training=block\n" in letter
    assert "asked to remove all of the site (ai-training): Acme Data was told on" in letter
    assert f"and has confirmed the removal from data set 2026-11. [{story}]" in letter
    assert "  - GPTBot: 2 pages before you said no, 0 after, 2 refused; it has not read the new file yet" in letter
    (notice,) = json.loads((folder / "pack" / "notices.json").read_bytes())
    assert (notice["open"], notice["dataset_version"]) == (False, "2026-11")
    assert json.loads(notice["sent"])["data"]["hosts"] == ["blog.example", "www.blog.example"]
    entries = json.loads((folder / "pack" / "proofs.json").read_bytes())["entries"]
    kinds = [json.loads(one["content"])["kind"] for one in entries if one["chain"] == "publications"]
    assert {"notice", "receipt"} <= {*kinds}
    assert checked(folder) == (0, "Everything in this bundle agrees.\n")


def test_nothing_that_a_partner_says_begins_a_line_of_the_letter(run, folder, story):
    with sqlite3.connect(folder / "sites.db") as database:
        database.execute("UPDATE duties SET version = ?", ("7\n\n3. Nobody came\u202e",))
    run("ledger", "complaint", "--site", "blog.example", "pack.zip")
    with zipfile.ZipFile(folder / "pack.zip") as pack:
        letter = pack.read("complaint.txt").decode()
    assert "from data set 7\\n\\n3. Nobody came\\u202e. [" in letter


def checked(folder):
    command = [sys.executable, str(folder / "pack" / "verify.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.mark.parametrize("file", ["complaint.txt", "notices.json", "crawlers.csv", "proofs.json"])
def test_what_is_altered_in_it_is_found(run, folder, story, file):
    run("ledger", "complaint", "--site", "blog.example", "pack.zip")
    with zipfile.ZipFile(folder / "pack.zip") as pack:
        pack.extractall(folder / "pack")
    text = (folder / "pack" / file).read_bytes()
    (folder / "pack" / file).write_bytes(text.replace(b"2026-11", b"2026-12").replace(b"GPTBot", b"QQQBot"))
    assert checked(folder)[0] == 1


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("version", "2026-12", "what acme answered to the notice {} is not what is in the record"),
        ("removed", "2026-01-01 00:00:00", "what acme answered to the notice {} is not what is in the record"),
        ("stopped", None, "what acme answered to the notice {} is not what is in the record"),
        ("refused", "2026-01-01 00:00:00", "what acme answered to the notice {} is not what is in the record"),
        ("reason", "no", "what acme answered to the notice {} is not what is in the record"),
    ],
)
def test_a_platform_that_tells_another_answer_than_its_record_is_found_out(run, folder, story, column, value, fault):
    """Where the pack is made of a database that somebody has altered, and agrees with itself."""
    with sqlite3.connect(folder / "sites.db") as database:
        database.execute(f"UPDATE duties SET {column} = ?", (value,))
    run("ledger", "complaint", "--site", "blog.example", "pack.zip")
    with zipfile.ZipFile(folder / "pack.zip") as pack:
        pack.extractall(folder / "pack")
    assert checked(folder) == (1, fault.format(story) + "\n")


def as_if_packed(folder, change):
    """Alter the notices, and list what came of it as if it had been so from the start."""
    files = folder / "pack"
    notices = json.loads((files / "notices.json").read_bytes())
    (files / "notices.json").write_text(json.dumps(change(notices)), encoding="utf-8")
    listed = json.loads((files / "files.json").read_bytes())
    listed["notices.json"] = hashlib.sha256((files / "notices.json").read_bytes()).hexdigest()
    (files / "files.json").write_text(json.dumps(listed), encoding="utf-8")


def sent(**other):
    """The notice as if something else had been sent."""

    def changed(notices):
        (one,) = notices
        said = json.loads(one["sent"])
        return [one | {"sent": json.dumps(said | {"data": said["data"] | other})}]

    return changed


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda notices: [], "the notice {} is not both in the record and in notices.json"),
        (sent(id="ntc_other"), "the notice ntc_other is not both in the record and in notices.json"),
        (lambda notices: [notices[0] | {"written": "2026-01-01T00:00:00+00:00"}], "the notice {} is not the one"),
        *((sent(**{name: None}), "the notice {} is not the one") for name in SENT),
    ],
    ids=["left out", "made up", "earlier", *SENT],
)
def test_a_notice_that_is_told_otherwise_is_found(run, folder, story, change, fault):
    run("ledger", "complaint", "--site", "blog.example", "pack.zip")
    with zipfile.ZipFile(folder / "pack.zip") as pack:
        pack.extractall(folder / "pack")
    as_if_packed(folder, change)
    status, told = checked(folder)
    assert (status, fault.format(story) in told) == (1, True), told


def test_a_site_of_which_nothing_is_known_has_a_pack_too(run, folder):
    run("sites", "add", "quiet.example")
    run("ledger", "complaint", "--site", "quiet.example", "pack.zip")
    with zipfile.ZipFile(folder / "pack.zip") as pack:
        letter = pack.read("complaint.txt").decode()
    assert "No notice was due." in letter
    assert "Nobody, as far as was counted." in letter


def test_a_site_that_is_none_is_told(run):
    assert "site.unknown" in run("ledger", "complaint", "--site", "nobody.example", "pack.zip", status=2).stderr
