"""`gatepost signatures replay`: what another signature file changes on a log, and when that is a finding."""

import asyncio
import gzip
import json
import os
import pty
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from cli.conftest import SOURCE_ROOT
from gatepost.cli.log_files import _LONGEST
from gatepost.core.address_lists import ListStanding
from gatepost.core.address_records import standing_kept
from gatepost.storage import open_store

SIGNATURES = Path(__file__).with_name("signatures.yaml")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def line(agent, host="blog.example"):
    return f'{host} 192.0.2.7 - - [28/Nov/2026:10:00:07 +0100] "GET / HTTP/1.1" 200 5 "-" "{agent}"\n'


LOG = line("GPTBot/1.4") + line("NewGPTBot/1") + line(FIREFOX) * 8


@pytest.fixture(autouse=True)
def files(folder):
    """A log, and a signature file in which GPTBot has one more token."""
    text = SIGNATURES.read_text(encoding="utf-8")
    new = text.replace("user_agent_tokens: [GPTBot]", "user_agent_tokens: [GPTBot, NewGPTBot]")
    assert new != text
    (folder / "new.yaml").write_text(new, encoding="utf-8")
    (folder / "access.log").write_text(LOG, encoding="utf-8")


@pytest.fixture
def replay(rows):
    """Replay a log to the new file, for machines."""

    def replay_and_read(*words, status=0):
        (told,) = rows("signatures", "replay", *words, "--new", "new.yaml", "--json", status=status)
        return told

    return replay_and_read


def test_a_change_above_a_threshold_is_a_finding(replay):
    told = replay("access.log", status=1)
    assert (told["requests"], told["unreadable"], told["changed"], told["newly_refused"]) == (10, 0, 1, 1)
    assert told["recognised"] == {"before": 1, "after": 2}
    (row,) = told["changes"]
    assert (row["change"], row["before"], row["after"]) == ("newly recognised", None, "GPTBot")
    assert (row["not_known"], row["sites"], row["hosts"][0]["host"]) == (1, 1, "blog.example")
    assert row["samples"] == [{"user_agent": "NewGPTBot/1", "client": "a robot by its own account"}]
    assert [breach["id"] for breach in told["breaches"]] == ["replay.requests.refused"]


def test_below_it_is_fine(replay):
    assert replay("access.log", "--refused-percent", "10")["breaches"] == []


def test_people_read_the_same(run):
    text = run("signatures", "replay", "access.log", "--new", "new.yaml", status=1).stdout
    for words in ("10 requests", "newly recognised: GPTBot", "NewGPTBot/1", "not known", "replay.requests.refused"):
        assert words in text


def test_who_is_refused_no_longer_is_a_finding_as_well(replay, folder):
    (folder / "old.yaml").write_bytes((folder / "new.yaml").read_bytes())
    (folder / "new.yaml").write_bytes(SIGNATURES.read_bytes())
    told = replay("access.log", "--old", "old.yaml", status=1)
    assert [breach["id"] for breach in told["breaches"]] == ["replay.requests.lost"]
    assert replay("access.log", "--old", "old.yaml", "--lost-percent", "10")["breaches"] == []


def test_the_old_set_may_be_named(replay):
    assert replay("access.log", "--old", "new.yaml")["changed"] == 0


def test_the_rate_is_told_on_stderr(run):
    told = run("signatures", "replay", "access.log", "--new", "new.yaml", "--refused-percent", "100").stderr
    assert told.startswith("10 lines, ")
    assert "MB/s" in told


REPLAY = ("signatures", "replay", "access.log", "--new", "new.yaml", "--refused-percent", "100")


def replayed(stderr):
    """Replay in a process of its own, with this as its stderr."""
    environment = os.environ | {"PYTHONPATH": str(SOURCE_ROOT), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "gatepost.cli", *REPLAY]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=stderr, timeout=60, check=True)


def test_who_looks_sees_a_bar():
    terminal, end = pty.openpty()
    replayed(end)
    os.close(end)
    shown = b""
    try:
        while octets := os.read(terminal, 65_536):
            shown += octets
    except OSError:  # so Linux tells that nobody writes there any more
        pass
    finally:
        os.close(terminal)
    assert "━".encode() in shown
    words = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", shown).decode()
    assert f"{len(LOG) / 1000:.1f}/{len(LOG) / 1000:.1f} kB" in words
    assert "10 lines, " in words


def test_a_file_gets_no_bar():
    done = replayed(subprocess.PIPE)
    assert "━".encode() not in done.stderr
    assert b"\x1b" not in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.fixture
def published(run, folder):
    """The new file is in force in the fleet."""
    (folder / "fleet.yaml").write_text((folder / "new.yaml").read_text(encoding="utf-8").replace("1.2.3", "1.2.4"))
    run("signatures", "publish", "fleet.yaml", "--shadow")


def test_it_is_compared_with_what_was_published(run, replay, monkeypatch, published):
    told = replay("access.log")
    assert (told["changed"], told["release"]) == (0, 1)
    words = ("signatures", "replay", "access.log", "--new", "new.yaml")
    assert run(*words).stdout.startswith("compared with what is in force for every site by release 1\n")
    monkeypatch.delenv("GATEPOST_DATABASE")
    told = replay("access.log", "--database", "sqlite:///sites.db")
    assert (told["changed"], told["release"]) == (0, 1)
    told = replay("access.log", status=1)
    assert (told["changed"], told["release"]) == (1, None)
    assert run(*words, status=1).stdout.startswith("compared with this machine's file, ")


def test_the_file_that_is_bad_is_named(run, folder):
    (folder / "bad.yaml").write_text("format: 1\n", encoding="utf-8")
    told = run("signatures", "replay", "access.log", "--new", "new.yaml", "--old", "bad.yaml", status=2).stderr
    assert "bad.yaml: " in told
    assert "gatepost signatures lint bad.yaml" in told
    assert "new.yaml" not in told


def test_with_the_fleets_lists_it_is_told_whose_address_is_the_operators(run, replay, folder, monkeypatch):
    """One request from inside the list that the store has, and one from outside."""

    async def keep():
        store, day = open_store("sqlite:///sites.db"), date(2026, 11, 28)
        octets = b'{"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}]}'
        standing = ListStanding("https://openai.com/gptbot.json", asked=day, good=day, octets=octets)
        await store.publish([standing_kept(standing)])
        await store.close()

    asyncio.run(keep())
    both = (line("NewGPTBot/1").replace("192.0.2.7", address) for address in ("66.249.64.31", "66.249.64.32"))
    (folder / "two.log").write_text("".join(both), encoding="utf-8")
    [row] = replay("two.log", "--database", "sqlite:///sites.db", status=1)["changes"]
    assert (row["requests"], row["verified"], row["disproved"], row["not_known"]) == (2, 1, 1, 0)
    monkeypatch.delenv("GATEPOST_DATABASE")
    [row] = replay("two.log", status=1)["changes"]
    assert (row["verified"], row["disproved"], row["not_known"]) == (0, 0, 2), "without the fleet nothing is known"
    words = ("signatures", "replay", "two.log", "--new", "new.yaml", "--database", "sqlite:///sites.db")
    assert "1  50 % of the 2 whose address could be checked\n" in run(*words, status=1).stdout


def test_several_files_of_any_kind_are_one(replay, folder):
    (folder / "no-name").write_bytes(gzip.compress(LOG.encode()) + gzip.compress(LOG.encode()))
    (folder / "caddy.log").write_text(
        json.dumps({"request": {"headers": {"User-Agent": ["NewGPTBot/2"]}, "uri": "/"}, "status": 200}) + "\n"
    )
    told = replay("access.log", "no-name", "caddy.log", status=1)
    assert (told["requests"], told["newly_refused"]) == (31, 4)


def test_a_pipe_will_do(shell, folder):
    (folder / "access.log.gz").write_bytes(gzip.compress(LOG.encode()))
    for command in ("zcat access.log.gz", "cat access.log.gz", "cat access.log"):
        result = shell(f"{command} | gatepost signatures replay - --new new.yaml --json --refused-percent 100")
        assert (result.returncode, json.loads(result.stdout)["newly_refused"]) == (0, 1)


def test_garbage_between_is_counted(replay, folder):
    (folder / "mixed.log").write_bytes(b"\x00\xff\n{}\n" + b'"' * 3_000_000 + b"\n" + LOG.encode() + b"cut o")
    told = replay("mixed.log", status=1)
    assert (told["requests"], told["unreadable"], told["newly_refused"]) == (10, 4, 1)


UNREADABLE = {
    "nothing": (b"\x00garbage\n" * 10, "cli.log.format"),
    "no_user_agents": (b'192.0.2.7 - - [28/Nov/2026:10:00:07 +0100] "GET / HTTP/1.1" 200 5\n', "cli.log.format"),
    "cut_off": (gzip.compress(os.urandom(99_999))[:-5_000], "cli.log.gzip"),
    "damaged": (b"\x1f\x8b\x08\x00" + bytes(50), "cli.log.gzip"),
    "no_gzip": (b"\x1f\x8b\n\n", "cli.log.gzip"),
}


@pytest.mark.parametrize(("octets", "id"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_log_is_unreadable(run, folder, octets, id):
    (folder / "bad.log").write_bytes(octets)
    assert f"({id})" in run("signatures", "replay", "bad.log", "--new", "new.yaml", status=2).stderr


def test_a_file_that_is_not_there_is_told(run):
    assert "(cli.file)" in run("signatures", "replay", "gone.log", "--new", "new.yaml", status=2).stderr


def test_an_empty_log_is_fine(replay, folder):
    (folder / "empty.log").write_bytes(b"")
    assert replay("empty.log")["requests"] == 0


def test_what_a_stranger_sent_does_not_reach_the_terminal(run, folder):
    (folder / "bad.log").write_text(line(r"NewGPTBot/1\x1b]0;x\x07\xe2\x80\xae"), encoding="utf-8")
    text = run("signatures", "replay", "bad.log", "--new", "new.yaml", status=1).stdout
    assert "NewGPTBot/1\\x1b]0;x\\x07\\u202e" in text
    assert "\x1b" not in text


def test_nor_does_the_name_that_it_gives_itself(run, folder):
    (folder / "bad.log").write_text(line(r"\x1b]0;NewGPTBot/1 CFNetwork/808.0.2 Darwin/16.0.0"), encoding="utf-8")
    text = run("signatures", "replay", "bad.log", "--new", "new.yaml", status=1).stdout
    assert "(\\x1b]0;NewGPTBot 1 on iOS)" in text
    assert "\x1b" not in text


def test_a_signature_file_with_faults_is_unreadable(run, folder):
    (folder / "new.yaml").write_text("format: 1\n")
    assert "signatures." in run("signatures", "replay", "access.log", "--new", "new.yaml", status=2).stderr


@pytest.mark.slow
def test_memory_does_not_grow_with_the_log_nor_with_a_line(shell, folder):
    """Sixty thousand more lines in one of them, each with a user agent and a host of its own, and one line of 30 MB.

    Either one kept would be 25 MiB and more; the allowance is for what an allocator holds besides.
    """
    with (folder / "small.log").open("w") as small, (folder / "large.log").open("w") as large:
        for number in range(80_000):
            (small if number < 20_000 else large).write(line(f"NewGPTBot/{number} {number:>300}", f"h{number}.example"))
        large.write("x" * 30_000_000)
    before, after = peak(shell, "small.log"), peak(shell, "large.log")
    print(f"peak memory: {before:,.1f} MiB, then {after:,.1f} MiB")
    assert after - before < 16
    assert _LONGEST < 2**20


def peak(shell, log):
    """The most memory that replaying takes, in MiB."""
    code = f"""
import resource, subprocess, sys
words = "-m gatepost.cli signatures replay {log} --new new.yaml --refused-percent 100".split()
subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
    result = shell(f"{sys.executable} -c '{code}'")
    assert result.returncode == 0, result.stderr
    return int(result.stdout) / (2**10 if sys.platform == "linux" else 2**20)
