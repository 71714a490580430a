"""``gatepost ledger complaint``: one file that an owner can complain with, and that anybody can check."""

import asyncio
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


def test_a_site_of_which_nothing_is_known_has_a_pack_too(run, folder):
    run("sites", "add", "quiet.example")
    run("ledger", "complaint", "--site", "quiet.example", "pack.zip")
    with zipfile.ZipFile(folder / "pack.zip") as pack:
        letter = pack.read("complaint.txt").decode()
    assert "No notice was due." in letter
    assert "Nobody, as far as was counted." in letter


def test_a_site_that_is_none_is_told(run):
    assert "site.unknown" in run("ledger", "complaint", "--site", "nobody.example", "pack.zip", status=2).stderr
