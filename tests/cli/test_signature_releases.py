"""publish, rollback, status and key: what ops see, and that nothing but an admitted set is ever put in force."""

import json

import pytest

from releasing import NEXT, SHIPPED, WITH_NEW

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
