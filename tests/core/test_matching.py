"""Recognition: whole product tokens, in any case, never inside a URL or an e-mail address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.crawlers import SignatureSet, Standing
from gatepost.core.matching import Matcher, sample_misfits


def named(matcher: Matcher, user_agent: bytes) -> list[str]:
    return [match.crawler.name for match in matcher.recognise(user_agent)]


@pytest.mark.parametrize(
    ("user_agent", "names"),
    [
        pytest.param(b"GPTBot/1.4", ["GPTBot"], id="bare"),
        pytest.param(b"gptbot", ["GPTBot"], id="in another case"),
        pytest.param(b"\xff\xfe GPTBot \x80", ["GPTBot"], id="8-bit octets around"),
        pytest.param(b"x" * 60_000 + b" GPTBot", ["GPTBot"], id="after 60 KB of padding"),
        pytest.param(b"MyGPTBotReader/1.0", [], id="inside a word"),
        pytest.param(b"GPTBot2", [], id="a digit follows"),
        pytest.param(b"GPTBot-Blocker", [], id="a hyphen follows"),
        pytest.param(b"Feed (+https://openai.com/GPTBot)", [], id="in a URL"),
        pytest.param(b"Feed (+openai.com/GPTBot)", [], id="in a URL without scheme"),
        pytest.param(b"Feed (+openai.com/GPTBot?by=a@b.example)", [], id="in a URL that holds an e-mail address"),
        pytest.param(b"Feed (www.gptbot.example)", [], id="in a host name"),
        pytest.param(b"Feed (gptbot@openai.example)", [], id="in an e-mail address"),
        pytest.param(b"GPTBot/1.0+https://x.example/ClaudeBot", ["GPTBot"], id="a URL right behind"),
        pytest.param(b"Mozilla/5.0 (compatible; Applebot/0.1)", ["Applebot"], id="the shorter of two"),
        pytest.param(b"Mozilla/5.0 (compatible; Google-Extended)", ["Google-Extended"], id="robots-only"),
        pytest.param(b"ClaudeBot GPTBot", ["ClaudeBot", "GPTBot"], id="two, in their order"),
        pytest.param(b"", [], id="empty"),
    ],
)
def test_names_in_a_user_agent(matcher: Matcher, user_agent: bytes, names: list[str]) -> None:
    assert named(matcher, user_agent) == names


@pytest.mark.parametrize(
    ("user_agent", "standing"),
    [(b"GPTBot", Standing.CLAIMED), (b"Google-Extended", Standing.FORGED), (b"Bytespider", Standing.UNVERIFIABLE)],
)
def test_standing_by_name_alone(matcher: Matcher, user_agent: bytes, standing: Standing) -> None:
    assert [match.standing for match in matcher.recognise(user_agent)] == [standing]


def test_every_sample_of_the_file_is_treated_as_the_file_says(matcher: Matcher) -> None:
    assert sample_misfits(matcher) == ()


def test_a_flood_of_made_up_user_agents_is_forgotten(signatures: SignatureSet) -> None:
    flooded = Matcher(signatures)
    for number in range(20_000):
        flooded.recognise(b"Agent/%d" % number)
    assert len(flooded._young) + len(flooded._old) <= 2 * 4096


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_octets_around_a_name_do_no_harm(matcher: Matcher, before: bytes, after: bytes) -> None:
    """Nothing raises, and a name between blanks is found whatever stands beyond them."""
    assert "ClaudeBot" in named(matcher, before + b" ClaudeBot " + after)
