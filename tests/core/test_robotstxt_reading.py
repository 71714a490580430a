"""robots.txt from text to a model, a clause of RFC 9309 at a time, and every note by its id."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.core.directives.robotstxt import RobotsTxt, evaluate, read_robots
from gatepost.core.directives.robotstxt.oddities import ODDITIES


def shape(text: str | bytes) -> list[tuple[tuple[str, ...], list[str]]]:
    """Groups as (tokens, rules), a rule as ``+/path`` or ``-/path``."""
    return [
        (group.tokens, [("+" if rule.allow else "-") + rule.pattern.text for rule in group.rules])
        for group in read_robots(text).groups
    ]


def notes(text: str | bytes) -> list[tuple[str, int, int]]:
    return [(note.id, note.line, note.column) for note in read_robots(text).notes]


def ids(text: str | bytes) -> list[str]:
    return [note.id for note in read_robots(text).notes]


# RFC 9309 §2.1, §2.2: groups, rules, lines


def test_a_file_is_groups_of_user_agent_lines_and_rules() -> None:
    robots = read_robots("User-agent: Foo\nUser-agent: Bar\nAllow: /a\nDisallow: /b\n\nUser-agent: *\nDisallow: /\n")
    assert [(group.tokens, group.line) for group in robots.groups] == [(("Foo", "Bar"), 1), (("*",), 6)]
    assert [(r.allow, r.pattern.text, r.line) for r in robots.groups[0].rules] == [(True, "/a", 3), (False, "/b", 4)]
    assert robots.notes == ()


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "\ufeff"])
def test_an_empty_file_says_nothing(text: str) -> None:
    assert read_robots(text).groups == ()


@pytest.mark.parametrize(
    "line",
    ["Disallow: /x", "disallow:/x", "DISALLOW : /x", "\t Disallow\t:\t/x \t", "Disallow: /x # why", "Disallow: /x#y"],
)
def test_keys_in_any_case_blanks_and_comments(line: str) -> None:
    assert shape(f"User-agent: *\n{line}\n") == [(("*",), ["-/x"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_of_three_line_ends(end: str) -> None:
    robots = read_robots(end.join(["User-agent: *", "", "Disallow: /x", "Sitemap: https://h/s"]))
    assert robots.groups[0].rules[0].line == 3
    assert robots.sitemaps == ("https://h/s",)


@pytest.mark.parametrize("separator", ["\v", "\f", "\x1c", "\x85", "\u2028"])
def test_nothing_else_ends_a_line(separator: str) -> None:
    assert shape(f"User-agent: Foo\nDisallow: /x{separator}User-agent: *\n")[0][0] == ("Foo",)


def test_the_last_line_needs_no_end() -> None:
    assert shape("User-agent: *\nDisallow: /x") == [(("*",), ["-/x"])]


def test_comments_before_the_first_record_are_kept_and_cleaned() -> None:
    robots = read_robots("#  Ask us\x07 first \n#\n### then crawl\n\nUser-agent: *  # all\n# later\nDisallow: /\n")
    assert robots.comments == ("Ask us first", "", "then crawl")


# RFC 9309 §2.2.1: user-agent lines


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("GPTBot", "GPTBot"),
        ("GPTBot/1.2", "GPTBot"),
        ("GPTBot (x)", "GPTBot"),
        ("GPTBot, CCBot", "GPTBot"),
        ("Google*", "Google"),
        ("AI2Bot", "AI2Bot"),
        ("img2dataset", "img2dataset"),
        ("panscient.com", "panscient.com"),
        ("Linguee Bot", "Linguee"),
        ("*", "*"),
        ("* foo", "*"),
        ("*\tfoo", "*"),
    ],
)
def test_a_token_ends_at_the_first_character_that_is_none(value: str, token: str) -> None:
    assert shape(f"User-agent: {value}\nDisallow: /\n") == [((token,), ["-/"])]


@pytest.mark.parametrize("value", ["", "/1.0", "*foo", "(x)"])
def test_a_group_that_names_nobody_is_left_out(value: str) -> None:
    assert shape(f"User-agent: {value}\nDisallow: /\nUser-agent: Foo\nDisallow: /x\n") == [(("Foo",), ["-/x"])]


def test_only_a_rule_ends_a_group() -> None:
    assert shape("User-agent: A\n\n# c\n\nUser-agent: B\nDisallow: /\n") == [(("A", "B"), ["-/"])]


def test_a_rule_without_a_path_ends_a_group_too() -> None:
    assert shape("User-agent: A\nDisallow:\nUser-agent: B\nDisallow: /\n") == [(("A",), []), (("B",), ["-/"])]


def test_rules_before_any_group_are_ignored() -> None:
    assert shape("Disallow: /x\nUser-agent: A\nDisallow: /y\n") == [(("A",), ["-/y"])]


# RFC 9309 §2.2.2: paths


@pytest.mark.parametrize(
    ("written", "text"), [("/é", "/%C3%A9"), ("/%7ejoe", "/~joe"), ("/a%2fb", "/a%2Fb"), ("/a%2a", "/a%2A")]
)
def test_paths_are_kept_in_normal_form(written: str, text: str) -> None:
    assert shape(f"User-agent: *\nDisallow: {written}\n") == [(("*",), [f"-{text}"])]


# RFC 9309 §2.2.4: other records


@pytest.mark.parametrize("record", ["Crawl-delay: 1", "Content-Signal: ai-train=no", "Sitemap: https://h/s", "X: y"])
def test_other_records_do_not_end_a_group(record: str) -> None:
    assert shape(f"User-agent: A\n{record}\n\nUser-agent: B\nDisallow: /\n") == [(("A", "B"), ["-/"])]


def test_records_belong_to_their_group_with_the_key_as_written() -> None:
    robots = read_robots("User-agent: *\nContent-signal: search=yes,ai-train=no\nAllow: /\nLicense: https://h/l\n")
    assert [(r.key, r.value, r.line) for r in robots.groups[0].records] == [
        ("Content-signal", "search=yes,ai-train=no", 2),
        ("License", "https://h/l", 4),
    ]


def test_records_before_any_group_and_of_the_whole_site() -> None:
    robots = read_robots("License: https://h/l\nUser-agent: *\nDisallow: /\nHost: h\nClean-param: s /\n")
    assert [record.key for record in robots.records] == ["License", "Host", "Clean-param"]
    assert robots.groups[0].records == ()


def test_sitemaps_stand_anywhere() -> None:
    robots = read_robots("Sitemap: https://h/1\nUser-agent: *\nSitemap: https://h/2\nDisallow: /\nsitemap: https://h/3")
    assert robots.sitemaps == ("https://h/1", "https://h/2", "https://h/3")


# RFC 9309 §2.3, §2.5: encoding and limits


def test_octets_that_are_not_utf8_are_replaced() -> None:
    assert shape(b"User-agent: *\nDisallow: /\xe9\n") == [(("*",), ["-/%EF%BF%BD"])]


def test_a_lone_surrogate_is_replaced() -> None:
    assert ids("User-agent: *\nDisallow: /\ud800\n") == ["robots.file.encoding"]


def test_what_comes_after_500_kib_is_not_read() -> None:
    start = b"User-agent: *\nDisallow: /a\n#"
    robots = read_robots(start + b"x" * (500 * 1024 - len(start) - 12) + b"\nDisallow: /b\n")
    assert [rule.pattern.text for rule in robots.groups[0].rules] == ["/a"]


def test_a_file_of_500_kib_is_read_whole() -> None:
    text = b"User-agent: *\n" + b"#\n" * (250 * 1024 - 13) + b"Disallow: /a"
    assert (len(text), shape(text), ids(text)) == (500 * 1024, [(("*",), ["-/a"])], [])


def test_a_line_is_cut_where_google_cuts_it() -> None:
    robots = read_robots("User-agent: *\nDisallow: /" + "x" * 20_000)
    assert robots.groups[0].rules[0].pattern.octets == 2083 * 8 - 1 - len("Disallow: ")


# Leniency: what Google reads as meant, we do, and note it


@pytest.mark.parametrize("key", ["useragent", "User Agent"])
def test_misspelt_user_agent(key: str) -> None:
    text = f"{key}: Foo\nDisallow: /\n"
    assert (shape(text), notes(text)) == ([(("Foo",), ["-/"])], [("robots.key.typo", 1, 1)])


@pytest.mark.parametrize("key", ["dissallow", "dissalow", "disalow", "diasllow", "Disallaw"])
def test_misspelt_disallow(key: str) -> None:
    text = f"User-agent: *\n{key}: /x\n"
    assert (shape(text), notes(text)) == ([(("*",), ["-/x"])], [("robots.key.typo", 2, 1)])


def test_misspelt_sitemap() -> None:
    robots = read_robots("Site-map: https://h/s\n")
    assert (robots.sitemaps, robots.notes[0].id) == (("https://h/s",), "robots.key.typo")


@pytest.mark.parametrize("line", ["Disallow /x", "Disallow \t /x  # c"])
def test_a_missing_colon_between_two_words(line: str) -> None:
    text = f"User-agent *\n{line}\n"
    assert (shape(text), ids(text)) == ([(("*",), ["-/x"])], ["robots.line.missing-colon"] * 2)


@pytest.mark.parametrize("line", ["Disallow /x /y", "Disallow", "<html> <body>", ": /x", "\u00a0"])
def test_lines_that_are_no_records(line: str) -> None:
    text = f"User-agent: *\nAllow: /\n{line}\n"
    assert (shape(text), ids(text)) == ([(("*",), ["+/"])], ["robots.line.unreadable"])


@pytest.mark.parametrize("key", ["DisallowAITraining", "AllowAITraining", "Disallowed", "User-agents", "disalows"])
def test_keys_are_compared_whole(key: str) -> None:
    """Departure from Google, which reads ``DisallowAITraining: /`` as ``Disallow: /``."""
    text = f"User-agent: *\nAllow: /\n{key}: /\n"
    assert (shape(text), notes(text)) == ([(("*",), ["+/"])], [("robots.key.misread", 3, 1)])
    assert read_robots(text).groups[0].records[0].key == key


# Notes

AFTER = "User-agent: *\nAllow: /\n"
NOTES = [
    ("\ufeffUser-agent: *\nAllow: /\n", ("robots.file.bom", 1, 1)),
    (b"User-agent: *\nAllow: /\n# \xff\n", ("robots.file.encoding", 3, 3)),
    (AFTER + "# xxxxxxxxxx\n" * 50_000, ("robots.file.too-long", 39385, 1)),
    ("User-agent: *\nAllow: /\rDisallow: /x\n", ("robots.line.carriage-return", 2, 9)),
    (AFTER + "Disallow: /\x00x\n", ("robots.line.control-characters", 3, 12)),
    ("User-agent *\nAllow: /\n", ("robots.line.missing-colon", 1, 1)),
    (AFTER + "#" * 20_000, ("robots.line.too-long", 3, 1)),
    (AFTER + "  what is this\n", ("robots.line.unreadable", 3, 3)),
    (AFTER + "AllowAI: /\n", ("robots.key.misread", 3, 1)),
    (AFTER + "Disalow: /x\n", ("robots.key.typo", 3, 1)),
    (AFTER + " Colour: red\n", ("robots.key.unknown", 3, 2)),
    ("User-agent: A\n\nUser-agent: B\nAllow: /\n", ("robots.group.blank-line", 3, 1)),
    ("User-agent: A\n\nAllow: /\n", ("robots.group.blank-line", 3, 1)),
    (AFTER + "User-agent: A\nContent-Signal: search=yes\n", ("robots.group.empty", 3, 1)),
    ("User-agent: A\nLicense: https://h/\nUser-agent: B\nAllow: /\n", ("robots.group.fused", 3, 1)),
    ("User-agent: A\nSitemap: https://h/\n\nUser-agent: B\nAllow: /\n", ("robots.group.fused", 4, 1)),
    ("User-agent: A\nAllow: /\nUser-agent: a\nAllow: /\n", ("robots.group.repeated", 3, 13)),
    (AFTER + "User-agent: *\nDisallow: /x\n", ("robots.group.wildcard-repeated", 3, 13)),
    ("Disallow: /x\n" + AFTER, ("robots.rule.outside", 1, 1)),
    ("User-agent: A\nDisallow:\n", ("robots.pattern.empty", 2, 1)),
    (AFTER + "Disallow: x\n", ("robots.pattern.start", 3, 11)),
    (AFTER + "Disallow: https://h/x\n", ("robots.pattern.start", 3, 11)),
    ("User-agent: Mozilla\nAllow: /\n", ("robots.token.browser", 1, 13)),
    ("User-agent: GPTBot CCBot\nAllow: /\n", ("robots.token.cut", 1, 13)),
    ("User-agent: spider\nAllow: /\n", ("robots.token.generic", 1, 13)),
    ("User-agent: AI2Bot\nAllow: /\n", ("robots.token.illegal", 1, 13)),
    ("User-agent: /x\nAllow: /\n", ("robots.token.missing", 1, 13)),
    ("User-agent: GPTBot/1.2\nAllow: /\n", ("robots.token.version", 1, 13)),
    (AFTER + "Crawl-delay: 10\n", ("robots.record.crawl-delay", 3, 1)),
    ("Sitemap:\n", ("robots.sitemap.empty", 1, 1)),
    ("Sitemap: /s.xml\n", ("robots.sitemap.relative", 1, 10)),
]


@pytest.mark.parametrize(("text", "note"), NOTES, ids=[note[0] for _, note in NOTES])
def test_each_oddity_is_noted_once_at_its_place(text: str | bytes, note: tuple[str, int, int]) -> None:
    assert notes(text) == [note]


def test_every_note_has_a_case() -> None:
    assert {note[0] for _, note in NOTES} == set(ODDITIES) - {"robots.file.more-notes"}


def test_notes_have_an_end() -> None:
    found = ids(AFTER + "x\n" * 5000)
    assert (len(found), found[-1]) == (1001, "robots.file.more-notes")


def test_a_whole_user_agent_as_token_is_noted() -> None:
    text = "User-agent: Mozilla/5.0 (compatible; GPTBot/1.2)\nDisallow: /\n"
    assert ids(text) == ["robots.token.browser", "robots.token.version"]


def test_a_note_shows_what_it_is_about_and_no_control_character() -> None:
    (note, _) = read_robots("User-agent: *\nAllow: /\nCol\x07our: red\n").notes
    assert note.message.isprintable()
    assert note.remedy


def test_known_records_are_not_noted() -> None:
    assert notes(AFTER + "Content-Usage: train-ai=n\nLicense: https://h/l\nHost: h\nRequest-rate: 1/5\n") == []


# Any input

LINES = st.sampled_from(
    [
        "User-agent: *",
        "user-agent: A",
        "Disallow: /a*$",
        "Allow",
        "Disallow /x",
        ":",
        "#c",
        "",
        "\x00",
        "\u00a0",
        "a b c",
    ]
)


@given(st.text() | st.binary() | st.lists(LINES | st.text(max_size=20)).map("\r".join))
@settings(max_examples=400)
def test_reading_never_raises_and_notes_point_into_the_file(text: str | bytes) -> None:
    robots = read_robots(text)
    assert isinstance(robots, RobotsTxt)
    assert all(note.line >= 1 and note.column >= 1 for note in robots.notes)


@given(st.text(alphabet=st.characters(), max_size=60), st.text(alphabet=st.characters(), max_size=60))
def test_evaluating_never_raises(agent: str, url: str) -> None:
    robots = read_robots("User-agent: *\nDisallow: /a$b*\nUser-agent: Foo\nAllow: /\n")
    assert evaluate(robots, agent, url).allowed in (True, False)


@pytest.mark.parametrize(
    "unit",
    [
        "User-agent: a\n",
        "x\n",
        "Disallow: /*a\n",
        "\r",
        "#",
        "a ",
        "User-agent: a\nAllow: /\n",
        "\x00\n",
        ":",
        "\ufffd",
        "%",
    ],
)
def test_reading_takes_linear_time(unit: str) -> None:
    def cost(octets: int) -> float:
        text = "User-agent: *\nDisallow: /" + unit * (octets // len(unit))
        started = time.process_time()
        read_robots(text)
        return time.process_time() - started

    small, large = min(cost(30_000) for _ in range(3)), min(cost(300_000) for _ in range(3))
    assert large < 60 * small + 0.05, "ten times the text takes ten times as long, not a hundred times"


def test_notes_are_in_the_order_of_the_file() -> None:
    found = read_robots("x\nUser-agent: a1\nUser-agent: b\nCrawl-delay: 1\n\ny\nUser-agent: c\n").notes
    assert list(found) == sorted(found)
