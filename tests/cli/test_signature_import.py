"""`gatepost signatures import`: another list's crawlers as a proposal, and never a signature file."""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from gatepost.core.other_lists import MAX_OCTETS
from gatepost.core.signatures import read_signatures
from gatepost.errors import SignatureFileError
from gatepost.sources import packaged_file

SIGNATURES = Path(__file__).with_name("signatures.yaml")
LIST = {
    "MadeUpBot": {"operator": "Made Up", "respect": "Yes", "function": "AI Search Crawlers"},
    "GPTBot": {"operator": "OpenAI", "respect": "No", "function": "LLM training."},
    "CCBot": {"operator": "Common Crawl", "respect": "Unclear at this time.", "function": "A sentence."},
    "Spider": {"operator": "", "respect": "", "function": ""},
}


@pytest.fixture
def listed(folder):
    """A list in a file."""
    (folder / "robots.json").write_text(json.dumps(LIST), encoding="utf-8")
    return "robots.json"


def test_every_entry_of_the_list_is_told(rows, listed):
    told = {row["key"]: row for row in rows("signatures", "import", "--from", listed, "--json")}
    assert {key: row["verdict"] for key, row in told.items()} == {
        "MadeUpBot": "new", "GPTBot": "differing", "CCBot": "known", "Spider": "refused",
    }  # fmt: skip
    assert told["MadeUpBot"]["missing"] == ["documentation", "first_seen", "samples"]
    assert told["GPTBot"]["differences"] == ["honours_robots: the list says no, we say yes"]
    assert told["Spider"]["refusal"]["id"] == "signatures.token.generic"


def test_what_was_published_is_not_new(run, rows, folder, listed):
    text = SIGNATURES.read_text(encoding="utf-8").replace("1.2.3", "1.2.4")
    own = "user_agent_tokens: [GPTBot]"
    assert own in text
    (folder / "fleet.yaml").write_text(text.replace(own, "user_agent_tokens: [GPTBot, MadeUpBot]"), encoding="utf-8")
    run("signatures", "publish", "fleet.yaml", "--shadow")
    told = {row["key"]: row["crawler"] for row in rows("signatures", "import", "--from", listed, "--json")}
    assert told["MadeUpBot"] == "GPTBot"


def test_the_table_counts_and_names_what_is_not_known(run, listed):
    head, *lines = run("signatures", "import", "--from", listed).stdout.splitlines()
    assert head.endswith("beside signature file 1.2.3: 1 new, 1 known, 1 differing, 1 refused")
    assert [line.split()[:2] for line in lines] == [
        ["new", "'MadeUpBot'"], ["differing", "GPTBot"], ["refused", "'Spider'"],
    ]  # fmt: skip


def test_a_proposal_is_written_and_written_again(run, folder, listed):
    for _ in range(2):
        result = run("signatures", "import", "--from", listed, "--to", "proposal.yaml")
        assert result.stderr == "proposal.yaml: entries to be completed: 1\n"
    with pytest.raises(SignatureFileError) as caught:
        read_signatures((folder / "proposal.yaml").read_bytes())
    assert caught.value.id == "signatures.file.proposal"


def test_lint_tells_a_proposal_by_its_own_id(run, rows, listed):
    run("signatures", "import", "--from", listed, "--to", "proposal.yaml")
    faults = rows("signatures", "lint", "proposal.yaml", "--json", status=1)
    assert faults[0]["id"] == "signatures.file.proposal"


@pytest.fixture
def live(folder, monkeypatch):
    """The signature file in force, in this folder."""
    file = folder / "live.yaml"
    file.write_bytes(packaged_file().read_bytes())
    monkeypatch.setenv("GATEPOST_SIGNATURES", "live.yaml")
    return file


@pytest.mark.parametrize("way", ["live.yaml", "sub/../live.yaml", "symbolic", "hard", str(packaged_file())])
def test_the_live_file_is_refused_whatever_leads_to_it(run, folder, listed, live, way):
    (folder / "sub").mkdir()
    (folder / "symbolic").symlink_to(live)
    os.link(live, folder / "hard")
    before = live.read_bytes(), packaged_file().read_bytes()
    error = run("signatures", "import", "--from", listed, "--to", way, status=2).stderr
    assert "(signatures.import.live)" in error
    assert (live.read_bytes(), packaged_file().read_bytes()) == before


@pytest.mark.parametrize("text", ["", "format: 1\n", "  proposal: x\n", "# proposal: x\n"])
def test_a_file_that_is_no_proposal_is_not_replaced(run, folder, listed, text):
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    error = run("signatures", "import", "--from", listed, "--to", "mine.yaml", status=2).stderr
    assert "(signatures.import.target)" in error
    assert (folder / "mine.yaml").read_text(encoding="utf-8") == text


def test_a_folder_is_not_replaced(run, folder, listed):
    (folder / "sub").mkdir()
    assert "(signatures.import.target)" in run("signatures", "import", "--from", listed, "--to", "sub", status=2).stderr


def test_what_is_no_list_is_unreadable(run):
    assert "(signatures.import.shape)" in run("signatures", "import", "--from", "-", given="[1]", status=2).stderr
    assert "(cli.file)" in run("signatures", "import", "--from", "gone.json", status=2).stderr


@pytest.fixture
def published(monkeypatch):
    """Stands for the place where ai.robots.txt is published: ``published[path] = body``."""
    bodies: dict[str, bytes] = {}

    class Place(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path in bodies else 404)
            self.end_headers()
            self.wfile.write(bodies.get(self.path, b""))

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Place) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/robots.json"
        monkeypatch.setattr("gatepost.sources.other_lists._AI_ROBOTS_TXT", address)
        monkeypatch.setenv("GATEPOST_PRIVATE_ADDRESSES", "true")
        yield bodies
        server.shutdown()


def test_ai_robots_txt_is_asked_for_where_it_is_published(rows, published):
    published["/robots.json"] = json.dumps(LIST).encode()
    told = rows("signatures", "import", "--from", "ai.robots.txt", "--json")
    assert [row["key"] for row in told] == list(LIST)


def test_an_answer_that_is_not_the_file_is_told(run, published):
    error = run("signatures", "import", "--from", "ai.robots.txt", status=2).stderr
    assert "answers 404 (signatures.import.answer)" in error


def test_a_place_that_is_not_public_is_not_asked(run, published, monkeypatch):
    monkeypatch.delenv("GATEPOST_PRIVATE_ADDRESSES")
    error = run("signatures", "import", "--from", "ai.robots.txt", status=2).stderr
    assert "(outward." in error


def test_an_answer_that_is_too_large_is_not_read(run, published):
    published["/robots.json"] = b" " * (MAX_OCTETS + 1)
    assert "(outward.large)" in run("signatures", "import", "--from", "ai.robots.txt", status=2).stderr


@pytest.mark.parametrize("name", ["crawler-user-agents", "ai-crawler-index"])
def test_an_installed_list_is_read_beside_the_shipped_file(rows, run, folder, monkeypatch, name):
    monkeypatch.delenv("GATEPOST_SIGNATURES")
    told = rows("signatures", "import", "--from", name, "--json", "--to", "proposal.yaml")
    verdicts = [row["verdict"] for row in told]
    assert {"known", "differing", "refused"} <= set(verdicts)
    assert verdicts.count("known") > 50
    assert (folder / "proposal.yaml").stat().st_size < 1 << 20
    faults = rows("signatures", "lint", "proposal.yaml", "--json", status=1)
    assert {fault["id"] for fault in faults if fault["level"] == "error"} <= {
        "signatures.file.proposal", "signatures.field.missing", "signatures.mixed_use.missing",
        "signatures.robots_token.missing", "signatures.samples.missing", "signatures.service.missing",
        "signatures.value.empty",
    }  # fmt: skip
