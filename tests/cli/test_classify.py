"""`gatepost classify`: a line in, a line out."""

import base64
import json
import random

import pytest

GPTBOT = {
    "crawler": "GPTBot",
    "operator": "OpenAI",
    "purposes": ["ai-training"],
    "mixed": False,
    "ai": True,
    "token": "GPTBot",
    "standing": "claimed",
}
NOBODY: dict[str, object] = {
    "crawler": None,
    "operator": None,
    "purposes": [],
    "mixed": False,
    "ai": False,
    "token": None,
    "standing": None,
}
GOOGLEBOT = {
    "crawler": "Googlebot",
    "operator": "Google",
    "purposes": ["search", "ai-answers"],
    "mixed": True,
    "ai": False,
    "token": "Googlebot",
    "standing": "claimed",
}

LINES = {
    "named": (b"GPTBot/1.4", {"user_agent": "GPTBot/1.4", **GPTBOT}),
    "any_case": (b"x gptbot/9", {"user_agent": "x gptbot/9", **GPTBOT}),
    "mixed_use": (b"Googlebot/2.1", {"user_agent": "Googlebot/2.1", **GOOGLEBOT}),
    "nobody": (b"curl/8.1", {"user_agent": "curl/8.1", **NOBODY}),
    "empty": (b"", {"user_agent": "", **NOBODY}),
    "carriage_return": (b"GPTBot\r", {"user_agent": "GPTBot", **GPTBOT}),
    "utf8": ("GPTBot \u00fc".encode(), {"user_agent": "GPTBot \u00fc", **GPTBOT}),
    "latin1": (b"GPTBot \xfc", {"user_agent": "GPTBot \u00fc", **GPTBOT}),
    "control": (b"GPTBot\0\x85", {"user_agent": "GPTBot\0\x85", **GPTBOT}),
    "two": (b"Googlebot GPTBot", {"user_agent": "Googlebot GPTBot", **GPTBOT, "matches": ["Googlebot", "GPTBot"]}),
    "forged": (
        b"Google-Extended/1.0",
        {"user_agent": "Google-Extended/1.0", **NOBODY, "standing": "forged", "forged": "Google-Extended"},
    ),
    "forged_beside": (
        b"Google-Extended GPTBot",
        {
            "user_agent": "Google-Extended GPTBot",
            **GPTBOT,
            "matches": ["Google-Extended", "GPTBot"],
            "forged": "Google-Extended",
        },
    ),
}


@pytest.mark.parametrize(("line", "answer"), LINES.values(), ids=LINES.keys())
def test_a_line_is_answered(rows, line, answer):
    assert rows("classify", given=line + b"\n") == [answer]


def test_all_lines_are_answered_in_order(rows):
    answers = rows("classify", "-", given=b"".join(line + b"\n" for line, _ in LINES.values()))
    assert answers == [answer for _, answer in LINES.values()]


def test_a_last_line_without_its_end_counts(rows):
    assert [row["crawler"] for row in rows("classify", given=b"x\nGPTBot")] == [None, "GPTBot"]


def test_a_file_is_read(rows, folder):
    (folder / "agents.txt").write_bytes(b"GPTBot\nCCBot\n")
    assert [row["crawler"] for row in rows("classify", "agents.txt")] == ["GPTBot", "CCBot"]


def test_another_signature_file_may_be_named(run, folder):
    (folder / "empty.yaml").write_bytes(b"format: 1\n")
    assert "signatures." in run("classify", "--signatures", "empty.yaml", given="x", status=2).stderr


def test_base64_carries_any_octets(rows):
    line = base64.b64encode(b"GPTBot \xff\n\r\0")
    assert rows("classify", "--base64", given=line + b"\n") == [{"user_agent": line.decode(), **GPTBOT}]


@pytest.mark.parametrize("line", ["!!", "GPTBot", "R1BU\xff", "A"])
def test_what_is_not_base64_is_an_error_in_its_place(rows, line):
    first, second = rows("classify", "--base64", given=f"{line}\nR1BUQm90\n".encode("latin-1"), status=1)
    assert first.keys() == {"user_agent", "error"}
    assert second["crawler"] == "GPTBot"


def test_a_line_of_any_length_takes_no_more_memory_and_is_an_error(rows):
    first, second = rows("classify", given=b"a" * 5_000_000 + b"\nGPTBot\n", status=1)
    assert len(first["user_agent"]) < 1000
    assert (first.keys(), second["crawler"]) == ({"user_agent", "error"}, "GPTBot")


def test_the_answer_is_plain_ascii_so_that_no_reader_splits_it(run):
    line = run("classify", given="GPTBot \u2028 \u0085 \U0001f600\n".encode()).stdout_bytes
    assert line.isascii()
    assert line.count(b"\n") == 1


def test_random_octets_never_crash_it(rows):
    chance = random.Random(7)
    lines = [chance.randbytes(1000).replace(b"\n", b" ") for _ in range(500)]
    answers = rows("classify", given=b"\n".join(lines) + b"\n")
    assert len(answers) == len(lines)
    assert all(set(NOBODY) < answer.keys() for answer in answers)


def test_an_answer_comes_before_the_next_line_is_sent(talk):
    talk.stdin.write(b"GPTBot\n")
    assert json.loads(talk.stdout.readline())["crawler"] == "GPTBot"
    talk.stdin.write(b"CCBot\n")
    assert json.loads(talk.stdout.readline())["crawler"] == "CCBot"


@pytest.fixture
def talk(conversation):
    with conversation("classify") as process:
        yield process
        process.stdin.close()
