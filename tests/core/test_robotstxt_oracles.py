"""Our reader against two that we did not write: Google's own matcher, and Protego.

Left out for Google, since we part from it on purpose (see "Departure:" in the reader): tokens with digits or dots,
keys that merely begin like known ones, ``Allow: …/index.htm``, percent-encoding, URLs that begin with ``//``.
Left out for Protego, where it departs from RFC 9309: tokens of one letter or of which one begins another, other
records among user-agent lines, ``$`` inside a path, ``?`` and whatever else it encodes before it counts octets.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.core.directives.robotstxt import evaluate, read_robots

googlebot = pytest.importorskip("jwm.robotstxt.googlebot", reason="missing: jwm.robotstxt")
protego = pytest.importorskip("protego", reason="missing: Protego")

TOKENS = ["Foo", "foo", "FooBot", "Foo-Bot", "Bar_Bot", "b", "Qux"]
DISTINCT = ["Foo", "FOO", "Barbot", "Qux"]
OTHER = ["Crawl-delay: 1", "Content-Signal: ai-train=no", "Sitemap: https://h/s", "Colour: red", "no record here"]


def cased(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from([text, text.lower(), text.upper()])


def paths(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet=alphabet, max_size=5).map("/{}".format)


def patterns(alphabet: str) -> st.SearchStrategy[str]:
    return st.builds("{}{}".format, paths(alphabet) | paths(alphabet).map("*{}".format), st.sampled_from(["", "", "$"]))


def rules(alphabet: str) -> st.SearchStrategy[str]:
    keys = st.sampled_from(["Allow", "Disallow"]).flatmap(cased)
    return st.builds("{}{}{}".format, keys, st.sampled_from([": ", ":", " :\t"]), patterns(alphabet) | st.just(""))


def files(tokens: list[str], alphabet: str, anywhere: list[str]) -> st.SearchStrategy[str]:
    """Lines of user-agents, rules and, between them, ``anywhere`` lines: groups of every shape."""
    agents = st.builds("{}: {}".format, cased("User-agent"), st.sampled_from([*tokens, "*"]))
    lines = agents | rules(alphabet) | rules(alphabet)
    lines = lines | st.sampled_from(anywhere) if anywhere else lines
    ends = st.sampled_from(["\n", "\n", "\r\n", "\n\n", "  # why\n", "\n# why\n"])
    return st.lists(st.builds("{}{}".format, lines, ends), max_size=14).map("".join)


PLAIN = "xyz/"
GOOGLE_FILES = files(TOKENS, PLAIN + "*$?=", OTHER)
GOOGLE_URLS = paths(PLAIN + "*$?=").filter(lambda path: not path.startswith("//"))


def google(text: str, agent: str, url: str) -> bool:
    answer: bool = googlebot.RobotsMatcher().OneAgentAllowedByRobots(text, agent, url)
    return answer


@given(GOOGLE_FILES, st.sampled_from([*TOKENS, "Nobody"]), GOOGLE_URLS)
@settings(max_examples=400, deadline=None)
def test_google_agrees(text: str, agent: str, url: str) -> None:
    assert evaluate(read_robots(text), agent, url).allowed is google(text, agent, url)


@pytest.mark.parametrize("seed", range(5))
def test_google_agrees_on_random_files(seed: int) -> None:
    """Larger files than hypothesis makes, of few characters, so that rules meet and tie."""
    chance = random.Random(seed)
    for _ in range(400):
        text, agent, url = random_question(chance)
        assert evaluate(read_robots(text), agent, url).allowed is google(text, agent, url), (text, agent, url)


def random_question(chance: random.Random) -> tuple[str, str, str]:
    def path(alphabet: str) -> str:
        return "/x" + "".join(chance.choices(alphabet, k=chance.randrange(6)))

    def line() -> str:
        kinds = [
            f"User-agent: {chance.choice([*TOKENS, '*'])}",
            f"{chance.choice(['Allow', 'Disallow'])}: {path('xy/*')}{chance.choice(['', '', '$'])}",
            chance.choice([*OTHER, "", "# c", "Disallow:"]),
        ]
        return chance.choices(kinds, weights=[3, 8, 1])[0]

    text = "\n".join(line() for _ in range(chance.randrange(40)))
    return text, chance.choice([*TOKENS, "Nobody"]), "https://h" + path("xy/")


@given(files(DISTINCT, "xyz/*", []), st.sampled_from([*DISTINCT, "Nobody"]), paths("xyz/"))
@settings(max_examples=400, deadline=None)
def test_protego_agrees_where_it_keeps_to_the_rfc(text: str, agent: str, path: str) -> None:
    answer = protego.Protego.parse(text).can_fetch(f"https://h{path}", agent)
    assert evaluate(read_robots(text), agent, path).allowed is answer


@pytest.mark.parametrize(
    ("text", "agent", "url", "ours"),
    [
        ("User-agent: AI2Bot\nDisallow: /\n", "AI", "/x", True),
        ("User-agent: *\nDisallowAITraining: /\n", "A", "/x", True),
        ("User-agent: *\nAllow: /index.html\nDisallow: /\n", "A", "/", False),
        ("User-agent: *\nDisallow: /%7Ejoe\n", "A", "/~joe", False),
        ("User-agent: *\nDisallow: /\n", "A", "/robots.txt", True),
        ("User-agent: *\nDisallow: /x\n", "A", "//h/x", True),
        ("User-agent: *\nDisallow: /a%2A\n", "A", "/a*", False),
    ],
)
def test_where_we_part_from_google_on_purpose(text: str, agent: str, url: str, ours: bool) -> None:
    assert evaluate(read_robots(text), agent, url).allowed is ours
    assert google(text, agent, url) is not ours


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_a_long_line_is_cut_at_the_octet_where_google_cuts_it(extra: int) -> None:
    length = 2083 * 8 - 1 - len("Disallow: /") + extra
    text, url = "User-agent: *\nDisallow: /" + "x" * length + "$", "/" + "x" * (length + 1)
    assert evaluate(read_robots(text), "A", url).allowed is google(text, "A", url)
