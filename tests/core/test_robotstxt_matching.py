"""May a crawler fetch a URL, a clause of RFC 9309 at a time; and the cases on which readers in the field differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.directives.robotstxt import evaluate, read_robots


def allowed(text: str | bytes, agent: str, url: str) -> bool:
    return evaluate(read_robots(text), agent, url).allowed


# RFC 9309 §2.2.1: choosing the group

CHOICE = "User-agent: FooBot\nDisallow: /foo\n\nUser-agent: BarBot\nDisallow: /bar\n\nUser-agent: *\nDisallow: /all\n"


@pytest.mark.parametrize(
    ("agent", "url", "may"),
    [
        ("FooBot", "/foo", False),
        ("foobot", "/foo", False),
        ("FOOBOT/2.1", "/foo", False),
        ("FooBot", "/bar", True),
        ("FooBot", "/all", True),  # a group inherits nothing from *
        ("BarBot", "/bar", False),
        ("BarBot (+https://h/FooBot)", "/foo", True),
        ("QuxBot", "/all", False),
        ("QuxBot", "/foo", True),
        ("Foo", "/foo", True),
        ("FooBot-News", "/foo", True),
        ("NewsFooBot", "/foo", True),
        ("*", "/all", False),
        ("", "/all", False),
    ],
)
def test_the_group_that_names_the_crawler_else_the_one_for_all(agent: str, url: str, may: bool) -> None:
    assert allowed(CHOICE, agent, url) is may


@pytest.mark.parametrize("url", ["/a", "/c"])
def test_groups_that_name_the_crawler_are_combined(url: str) -> None:
    text = "User-agent: A\nDisallow: /a\nUser-agent: B\nDisallow: /b\nUser-agent: a\nDisallow: /c\n"
    assert not allowed(text, "A", url)


@pytest.mark.parametrize("url", ["/a", "/b"])
def test_groups_for_all_are_combined(url: str) -> None:
    assert not allowed("User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n", "A", url)


def test_without_a_group_all_is_allowed() -> None:
    verdict = evaluate(read_robots("User-agent: A\nDisallow: /\n"), "B", "/x")
    assert (verdict.allowed, verdict.rule, verdict.group) == (True, None, None)


def test_a_group_without_rules_allows_all_whatever_the_one_for_all_says() -> None:
    assert allowed("User-agent: *\nDisallow: /\n\nUser-agent: A\nDisallow:\n", "A", "/x")


def test_a_group_of_all_and_one_by_name() -> None:
    text = "User-agent: *\nUser-agent: A\nDisallow: /x\n\nUser-agent: *\nDisallow: /y\n"
    assert [allowed(text, agent, url) for agent in "AB" for url in ("/x", "/y")] == [False, True, False, False]


BROWSER_LIKE = "User-agent: GPTBot\nDisallow: /\nUser-agent: Chrome\nUser-agent: Mozilla\nDisallow: /\n"
EXTENDED = "User-agent: Applebot\nAllow: /\nUser-agent: Applebot-Extended\nDisallow: /\n"


@pytest.mark.parametrize(
    ("text", "agent", "may"),
    [
        (
            BROWSER_LIKE,
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://o/g)",
            False,
        ),
        (BROWSER_LIKE, "Mozilla/5.0 (compatible; gptbot)", False),
        (BROWSER_LIKE, "Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/120.0 Safari/537.36", True),
        (BROWSER_LIKE, "Mozilla/5.0 (compatible; MyGPTBot/1.0)", True),
        (BROWSER_LIKE, "Mozilla/5.0 (compatible; GPTBot-Image/1.0)", True),
        (BROWSER_LIKE, "Mozilla/5.0 (compatible; X/1; +https://example.com/GPTBot)", True),
        (BROWSER_LIKE, "Mozilla/5.0 (compatible; X/1; www.example.com/ GPTBot@example.com)", True),
        (BROWSER_LIKE, "Mozilla/5.0 (compatible; X/1; www.example.com/GPTBot)", True),
        (BROWSER_LIKE, "Mozilla", False),  # a bare token is looked up as it is
        (EXTENDED, "Mozilla/5.0 (compatible; Applebot/0.1) (Applebot-Extended)", False),
        (EXTENDED, "Mozilla/5.0 (compatible; Applebot/0.1)", True),
        ("User-agent: AI2Bot\nDisallow: /\n", "Mozilla/5.0 (compatible; AI2Bot/1.0)", False),
        ("User-agent: panscient.com\nDisallow: /\n", "Mozilla/5.0 panscient.com", False),
        ("User-agent: *\nDisallow: /\n", "Mozilla/5.0 (compatible; QuxBot/1.0)", False),
    ],
)
def test_the_token_of_an_agent_that_poses_as_a_browser(text: str, agent: str, may: bool) -> None:
    assert allowed(text, agent, "/x") is may


@pytest.mark.parametrize(("token", "may"), [("AI2Bot", False), ("AI", True), ("AI2Bot/2.0", False)])
def test_tokens_with_digits_are_compared_whole(token: str, may: bool) -> None:
    """Departure from Google, which reads ``AI2Bot`` in a file as ``AI``."""
    assert allowed("User-agent: AI2Bot\nDisallow: /\n", token, "/x") is may


# RFC 9309 §2.2.2: rules, longest first


@pytest.mark.parametrize(
    ("rules", "url", "may"),
    [
        ("Disallow: /", "/x", False),
        ("Disallow: /x", "/xyz", False),
        ("Disallow: /x", "/X", True),
        ("Disallow: /x", "/y/x", True),
        ("Disallow: /x/", "/x", True),
        ("Allow: /", "/x", True),
        ("Disallow:", "/x", True),
        ("Allow:", "/x", True),
        ("Disallow: /x\nAllow: /x/y", "/x/y", True),
        ("Allow: /x/y\nDisallow: /x", "/x/y", True),
        ("Allow: /x\nDisallow: /x/y", "/x/y", False),
        ("Disallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php", "/wp-admin/admin-ajax.php", True),
        ("Disallow: /x\nAllow: /x", "/x", True),  # of equal length: allow
        ("Allow: /x\nDisallow: /x", "/x", True),
        ("Disallow: /*x\nAllow: /ax", "/ax", True),
        ("Allow: /a\nDisallow: /*.html", "/a.html", False),
        ("Disallow: x", "/x", True),
        ("Disallow: https://h/x", "https://h/x", True),
        ("Allow: /index.html\nDisallow: /", "/", False),  # Google allows this
    ],
)
def test_most_octets_win_and_on_a_tie_allow(rules: str, url: str, may: bool) -> None:
    assert allowed(f"User-agent: *\n{rules}\n", "A", url) is may


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar"),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/ツ"),
        ("/foo/bar/%e3%83%84", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/foo/bar/baz", "/foo/bar/%62%61%7a"),
        ("/a b", "/a%20b"),
        ("/100%", "/100%"),
    ],
)
def test_both_sides_are_percent_encoded_alike(pattern: str, url: str) -> None:
    assert not allowed(f"User-agent: *\nDisallow: {pattern}\n", "A", url)


@pytest.mark.parametrize(("pattern", "url"), [("/a%2Fb", "/a/b"), ("/a/b", "/a%2Fb"), ("/a%3Fb", "/a?b")])
def test_an_encoded_reserved_character_is_not_the_character(pattern: str, url: str) -> None:
    assert allowed(f"User-agent: *\nDisallow: {pattern}\n", "A", url)


@pytest.mark.parametrize(
    ("url", "may"),
    [("/robots.txt", True), ("https://h/robots.txt#x", True), ("/robots%2Etxt", True), ("/robots.txt.bak", False)],
)
def test_robots_txt_itself_is_always_allowed(url: str, may: bool) -> None:
    assert allowed("User-agent: *\nDisallow: /\n", "A", url) is may


# RFC 9309 §2.2.3: special characters


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("/*", "/", True),
        ("*", "/x", True),
        ("*.gif$", "/a/b.gif", True),
        ("*.gif$", "/a/b.gif?x", False),
        ("/a*b", "/ab", True),
        ("/a*b", "/a/x/b/c", True),
        ("/a*b", "/a/x/c", False),
        ("/a**b", "/axb", True),
        ("/a*b*c$", "/abcbc", True),
        ("/a*b*c$", "/acb", False),
        ("/x$", "/x", True),
        ("/x$", "/xy", False),
        ("/x*$", "/xyz", True),
        ("/*?", "/a?b", True),
        ("/*?", "/a", False),
        ("/$", "/", True),
        ("/$", "/x", False),
        ("$", "/", False),
        ("/a$b", "/a$b", True),  # only a final $ is an operator
        ("/a$b", "/a%24b", True),
        ("/a$b", "/a", False),
        ("/a$$", "/a$", True),
        ("/a$$", "/a", False),
        ("/a%24", "/a$", True),
        ("/a%24", "/a%24x", True),
        ("/a%24", "/a", False),
        ("/a%2Ab", "/a*b", True),
        ("/a%2Ab", "/a%2ab", True),
        ("/a%2Ab", "/axb", False),
        ("/a*b", "/a*b", True),
        ("/a*b", "/a%2Ab", True),
        ("/path/file-with-a-%2A.html", "https://h/path/file-with-a-*.html", True),
        ("/a%23b", "/a%23b", True),
        ("/a#b", "/a", True),  # a comment
    ],
)
def test_wildcard_and_end(pattern: str, url: str, matches: bool) -> None:
    assert allowed(f"User-agent: *\nDisallow: {pattern}\n", "A", url) is not matches


# URLs


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://h/p", False),
        ("https://h:8080/p?q", False),
        ("HTTP://h/p#f", False),
        ("https://h/#/p", True),
        ("https://u@[::1/p", False),
        ("/p#f", False),
        ("p", False),
        ("https://h/x?u=https://h/p", True),
        ("//h/p", True),  # a path, as in a request line
    ],
)
def test_a_url_is_read_as_its_path_and_query(url: str, may: bool) -> None:
    assert allowed("User-agent: *\nDisallow: /p\n", "A", url) is may


@pytest.mark.parametrize("url", ["", "https://h", "/", "#f", "https://h#f", "https://h/"])
def test_an_empty_path_is_the_root(url: str) -> None:
    assert not allowed("User-agent: *\nDisallow: /$\n", "A", url)


def test_a_query_after_an_empty_path() -> None:
    assert not allowed("User-agent: *\nDisallow: /?q\n", "A", "https://h?q")


# The verdict says why


def test_the_verdict_names_the_rule_and_the_group_as_written() -> None:
    verdict = evaluate(read_robots("User-agent: *\nUser-agent: GPTBot\nAllow: /\nDisallow: /x\n"), "gptbot/1", "/x")
    assert (verdict.allowed, verdict.group, verdict.rule and verdict.rule.line) == (False, "GPTBot", 4)


def test_no_rule_applies() -> None:
    verdict = evaluate(read_robots("User-agent: *\nDisallow: /x\n"), "A", "/y")
    assert (verdict.allowed, verdict.group, verdict.rule) == (True, "*", None)


# Cases on which readers in the field differ

WHOLE_AGENT = "Mozilla/5.0 (compatible; GPTBot/1.2)"
GPTBOT = "\n\nUser-agent: GPTBot\nDisallow: /\n"
FIELD = {
    "two groups for *": ("User-agent: *\nAllow: /\n\nUser-agent: *\nDisallow: /x\n", "FooBot", False),
    "named group beside *": ("User-agent: *\nDisallow: /x\n\nUser-agent: A\nAllow: /\n", "A", True),
    "* with a signal only": ("User-agent: *\nContent-Signal: ai-train=no" + GPTBOT, "Googlebot", False),
    "* with a sitemap only": ("User-agent: *\nSitemap: https://h/s" + GPTBOT, "Googlebot", False),
    "blank line between user-agent lines": ("User-agent: A\n\nUser-agent: B\nDisallow: /\n", "A", False),
    "token Spider": ("User-agent: Spider\nDisallow: /\n", "Baiduspider", True),
    "token Applebot": ("User-agent: Applebot\nDisallow: /\n", "Applebot-Extended", True),
    "token with version": ("User-agent: GPTBot/1.2\nDisallow: /\n", "GPTBot", False),
    "whole user agent as token": (f"User-agent: {WHOLE_AGENT}\nDisallow: /\n", "GPTBot", True),
    "whole user agent on both sides": (f"User-agent: {WHOLE_AGENT}\nDisallow: /\n", WHOLE_AGENT, True),
    "byte order mark": ("\ufeffUser-agent: *\nDisallow: /\n", "A", False),
    "carriage returns": ("User-agent: *\rDisallow: /\r", "A", False),
    "rule after 600 kB": ("User-agent: *\n#" + "x" * 600_000 + "\nDisallow: /\n", "A", True),
    "other record between": ("User-agent: A\nCrawl-delay: 1\nUser-agent: B\nDisallow: /\n", "A", False),
    "DisallowAITraining": ("User-agent: *\nDisallowAITraining: /\n", "Googlebot", True),
}


@pytest.mark.parametrize("case", FIELD)
def test_where_readers_differ(case: str) -> None:
    text, agent, may = FIELD[case]
    assert allowed(text, agent, "/x") is may


# Laws

PATHS = st.text(alphabet="ab/", min_size=0, max_size=6).map(lambda tail: "/" + tail)
RULES = st.lists(st.tuples(st.booleans(), PATHS), max_size=8)


def group(rules: list[tuple[bool, str]]) -> str:
    return "User-agent: *\n" + "".join(f"{'Allow' if allow else 'Disallow'}: {path}\n" for allow, path in rules)


@given(RULES, PATHS)
def test_law_the_longest_match_decides_and_a_tie_allows(rules: list[tuple[bool, str]], url: str) -> None:
    matching = [(len(path), allow) for allow, path in rules if url.startswith(path)]
    assert allowed(group(rules), "A", url) is max(matching, default=(0, True))[1]


@given(RULES, PATHS)
def test_law_the_order_of_rules_has_no_meaning(rules: list[tuple[bool, str]], url: str) -> None:
    shuffled = sorted(rules)
    assert allowed(group(rules), "A", url) is allowed(group(shuffled), "A", url)


@given(RULES, RULES, PATHS)
def test_law_one_group_or_two_is_the_same(
    first: list[tuple[bool, str]], more: list[tuple[bool, str]], url: str
) -> None:
    assert allowed(group(first) + group(more), "A", url) is allowed(group(first + more), "A", url)
