"""publish, rollback, status and key: what ops see, and that nothing but an admitted set is ever put in force."""

import asyncio
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatepost.core.workers import Met, WorkerReport
from gatepost.storage import open_store
from releasing import ENTRY, NEXT, SHIPPED, WITH_NEW

OWN = hashlib.sha256(SHIPPED).hexdigest()
PROBE = ("explain", "--site", "blog.example", "--user-agent", "ProbeBotOfOurs/1.0", "--json")


@pytest.fixture(autouse=True)
def shipped(monkeypatch, blog):
    """The machine has no file of its own."""
    monkeypatch.delenv("GATEPOST_SIGNATURES")


@pytest.fixture
def file(folder):
    def write(octets, name="new.yaml"):
        (folder / name).write_bytes(octets)
        return name

    return write


def test_a_new_crawler_is_tagged_then_refused_and_rolled_back(run, rows, file):
    new = file(WITH_NEW)
    refused = run("signatures", "publish", new, status=2)
    assert "signatures.release.untried" in refused.output
    assert "ProbeBotOfOurs" in refused.output
    assert "on trial: ProbeBotOfOurs" in run("signatures", "publish", new, "--shadow", "--reason", "a new one").stdout
    [told] = rows(*PROBE)
    assert (told["action"], told["reason"], told["robots_txt"]["allowed"]) == ("tag", "on-trial", False)
    run("signatures", "publish", new)
    assert rows(*PROBE)[0]["action"] == "block"
    run("signatures", "rollback", "--reason", "hits somebody")
    assert rows(*PROBE)[0]["reason"] == "on-trial"
    run("signatures", "rollback")
    assert rows(*PROBE)[0]["reason"] == "unrecognised"
    assert "signatures.release.none" in run("signatures", "rollback", status=2).output


def test_what_is_laid_over_the_file_of_one_machine_was_tried_on_no_other(run, file, monkeypatch):
    monkeypatch.setenv("GATEPOST_SIGNATURES_OVERLAY", file(b"format: 1\ncrawlers:\n" + ENTRY, "overlay.yaml"))
    refused = run("signatures", "publish", file(WITH_NEW), status=2)
    assert "signatures.release.untried" in refused.output


def test_show_gives_back_what_is_in_force_octet_by_octet(run, file):
    assert run("signatures", "show").stdout_bytes == SHIPPED
    run("signatures", "publish", file(NEXT))
    assert run("signatures", "show").stdout_bytes == NEXT


def test_status_tells_what_is_in_force(run, rows, file):
    assert "nothing is released" in run("signatures", "status").stdout
    run("signatures", "publish", file(WITH_NEW), "--shadow", "--percent", "10", "--as", "zoe", "--reason", "try")
    [told] = rows("signatures", "status", "--json")
    assert (told["release"]["actor"], told["release"]["reason"]) == ("operator:zoe", "try")
    assert (told["release"]["whole"], told["release"]["percent"]) == (None, 10)
    assert told["release"]["part"]["on_trial"] == ["ProbeBotOfOurs"]
    assert told["workers"] == []


def report(worker, release=1, **more):
    """What a worker told a moment ago; without more, that it follows the first release."""
    now = datetime.now(UTC)
    follows = WorkerReport(worker, now, "0.1.0", release, "1.1.0", "0" * 64, "", 0, now, 0, "", own=OWN)
    return replace(follows, **more)


@pytest.fixture
def workers(folder):
    """Have these reports in the store, as if so many workers ran."""

    async def keep(*reports):
        store = open_store("sqlite:///sites.db")
        try:
            for one in reports:
                await store.keep_report(one, timedelta(minutes=1))
        finally:
            await store.close()

    return lambda *reports: asyncio.run(keep(*reports))


def test_status_tells_of_every_worker_and_fails_when_one_is_late(run, rows, file, workers):
    run("signatures", "publish", file(NEXT))
    workers(report("one", part="1.2.0", percent=10), report("two", release=0, version="1.0.0"))
    told = run("signatures", "status", status=1).stdout
    assert "worker one: version 1.1.0, 1.2.0 for 10 %, release 1, since " in told
    assert "worker two: version 1.0.0, release 0, since " in told
    assert told.count("does not follow release 1 yet") == 1
    [told] = rows("signatures", "status", "--json", status=1)
    seen = [(one["worker"], one["release"], one["part"], one["percent"], one["refused"]) for one in told["workers"]]
    assert sorted(seen) == [("one", 1, "1.2.0", 10, None), ("two", 0, None, 0, None)]
    workers(report("two"))
    assert "does not follow" not in run("signatures", "status").stdout


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"behind": 7}, "  7 hosts still answer by the signatures before\n"),
        ({"refused": "release 1: line 9: too short"}, "  refused release 1: line 9: too short\n"),
        ({"refused": "signatures.yaml: line 9", "release": 0}, "  refused signatures.yaml: line 9\n"),
    ],
    ids=["behind", "refused", "refused and late"],
)
def test_status_says_why_a_worker_is_late(run, rows, file, workers, more, words):
    run("signatures", "publish", file(NEXT))
    workers(report("one"), report("two", **more))
    told = run("signatures", "status", status=1).stdout
    assert told.count(words) == 1
    assert "does not follow" not in told
    [two] = [one for one in rows("signatures", "status", "--json", status=1)[0]["workers"] if one["worker"] == "two"]
    assert {name: two[name] for name in more} == more


def test_status_adds_up_what_all_workers_met_on_trial(run, rows, file, workers):
    run("signatures", "publish", file(WITH_NEW), "--shadow")
    one, two = (report(name, met=(Met("ProbeBotOfOurs", 600, (f"Probe/{name}",)),)) for name in ("one", "two"))
    workers(one, two)
    told = run("signatures", "status").stdout
    assert "on trial, ProbeBotOfOurs: 1,200 requests would have been refused\n" in told
    assert "  Probe/one\n" in told
    assert "  Probe/two\n" in told
    [told] = rows("signatures", "status", "--json")
    assert {"crawler": "ProbeBotOfOurs", "requests": 600, "samples": ["Probe/one"]} in [
        met for worker in told["workers"] for met in worker["on_trial"]
    ]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"release": 0}, "has not heard of it yet"),
        ({"behind": 7}, "7 hosts to go"),
        ({"release": 0, "refused": "release 1: line 9"}, "release 1: line 9"),
    ],
    ids=["silent", "behind", "refused"],
)
def test_publish_names_the_worker_that_does_not_follow(run, file, workers, more, why):
    workers(report("one"), report("two", **more))
    told = run("signatures", "publish", file(NEXT), "--wait", "0.1", status=1)
    assert "1 of 2 workers follow after " in told.stderr
    assert f"  two: {why}\n" in told.stdout
    assert "  one: " not in told.stdout


def test_publish_is_content_when_all_workers_follow(run, file, workers):
    workers(report("one"), report("two"))
    told = run("signatures", "publish", file(NEXT))
    assert re.search(r"2 of 2 workers follow after \d+\.\d s", told.stderr)
    workers(report("two", release=2), report("one", release=1))
    assert "  one: has not heard of it yet\n" in run("signatures", "rollback", "--wait", "0.1", status=1).stdout


@pytest.mark.parametrize("how", [(), ("--shadow",), ("--percent", "10")], ids=["at once", "shadow", "a part"])
@pytest.mark.parametrize("own", ["1" * 64, ""], ids=["another", "not told"])
def test_a_first_release_waits_until_all_machines_have_one_file(run, file, workers, own, how):
    """For what this one refuses by may never have been tried on another; later ones go by what is released."""
    workers(report("one", release=0), report("two", release=0, own=own))
    refused = run("signatures", "publish", file(NEXT), *how, status=2).output
    assert "signatures.release.machines" in refused
    assert ") is that of two, where " in refused
    told = run("signatures", "status").stdout
    assert told.startswith("nothing is released")
    assert told.count("  its machine's own file is another one (") == 1
    workers(report("two", release=0))
    assert "another one" not in run("signatures", "status").stdout
    run("signatures", "publish", file(NEXT), "--wait", "0")
    workers(report("two", own=own))
    run("signatures", "publish", file(NEXT.replace(b"1.1.0", b"1.1.1", 1)), "--wait", "0")


@pytest.mark.parametrize(
    ("octets", "id"),
    [
        (SHIPPED[: len(SHIPPED) // 2], "signatures."),
        (SHIPPED.replace(b"GPTBot", b"GptBotElse"), "signatures.pinned.missed"),
        (NEXT[: NEXT.index(b"\n  - name: ", len(NEXT) // 2)] + b"\n", "signatures.set.shrunk"),
    ],
    ids=["half", "without a pinned one", "shrunk"],
)
def test_a_file_that_lost_something_is_not_published(run, file, octets, id):
    assert id in run("signatures", "publish", file(octets), status=1).output
    assert "nothing is released" in run("signatures", "status").stdout


def test_a_version_names_one_file(run, file):
    run("signatures", "publish", file(NEXT))
    assert "signatures.release.same" in run("signatures", "publish", file(NEXT), status=2).output
    other = NEXT.replace(b"# ", b"## ", 1)
    assert "signatures.release.version" in run("signatures", "publish", file(other), status=2).output


def test_a_version_says_as_much_as_the_change_does(run, file):
    breaking = WITH_NEW.replace(b"purposes: [ai-training]", b"purposes: [ai-answers]", 1)
    assert "which is major" in run("signatures", "publish", file(breaking), "--shadow", status=2).output
    run("signatures", "publish", file(breaking.replace(b'"1.1.0"', b'"2.0.0"')), "--shadow")


def test_what_is_published_is_what_commands_recognise_by_and_the_record_has(run, rows, file):
    run("signatures", "publish", file(WITH_NEW), "--shadow")
    run("signatures", "publish", file(WITH_NEW))
    assert "User-agent: ProbeBotOfOurs" in run("preview", "--site", "blog.example").stdout
    assert run("record", "verify").exit_code == 0
    assert "1.1.0" in run("signatures", "changelog").stdout


class TestSigned:
    @pytest.fixture
    def keys(self, run, monkeypatch):
        public = run("signatures", "key", "--new", "ours.pem").stdout.strip()
        run("signatures", "key", "--new", "theirs.pem")
        monkeypatch.setenv("GATEPOST_SIGNATURE_KEYS", public)
        return public

    def test_a_key_is_its_owners_alone_and_told_again(self, run, keys, folder):
        assert (folder / "ours.pem").stat().st_mode & 0o777 == 0o600
        assert run("signatures", "key", "ours.pem").stdout.strip() == keys

    @pytest.mark.parametrize("more", [(), ("--key", "theirs.pem")], ids=["unsigned", "another's"])
    def test_without_a_good_signature_nothing_is_released(self, run, file, keys, more):
        assert "signatures.release.unsigned" in run("signatures", "publish", file(NEXT), *more, status=2).output
        assert "nothing is released" in run("signatures", "status").stdout

    def test_with_one_it_is(self, run, rows, file, keys):
        run("signatures", "publish", file(NEXT), "--key", "ours.pem")
        assert rows("signatures", "status", "--json")[0]["release"]["signed"] is True
        assert "signatures.release.unsigned" in run("signatures", "rollback", status=2).output
        run("signatures", "rollback", "--key", "ours.pem")

    def test_a_release_from_before_the_keys_is_not_taken_up(self, run, rows, file, monkeypatch):
        run("signatures", "publish", file(WITH_NEW), "--shadow")
        public = run("signatures", "key", "--new", "late.pem").stdout.strip()
        monkeypatch.setenv("GATEPOST_SIGNATURE_KEYS", public)
        assert rows(*PROBE)[0]["reason"] == "unrecognised"

    def test_nothing_derives_from_a_release_that_is_not_believed(self, run, file, monkeypatch):
        """What it says was on trial was not, and the way back from it is to what was in force before."""
        run("signatures", "publish", file(WITH_NEW), "--shadow")
        monkeypatch.setenv("GATEPOST_SIGNATURE_KEYS", run("signatures", "key", "--new", "late.pem").stdout.strip())
        refused = run("signatures", "publish", file(WITH_NEW), "--key", "late.pem", status=2).output
        assert "signatures.release.untried" in refused
        assert "every site: the file of each machine" in run("signatures", "rollback", "--key", "late.pem").stdout

    @pytest.mark.parametrize("key", ["x", "AAAA", json.dumps({})])
    def test_what_is_no_key_stops_the_start(self, run, monkeypatch, key):
        monkeypatch.setenv("GATEPOST_SIGNATURE_KEYS", key)
        assert "signature_keys" in run("signatures", "status", status=2).output
