"""The decision: which stance counts for a crawler, where, and what it comes to."""

import pytest

from gatepost.core.crawlers import SignatureSet
from gatepost.core.matching import Matcher
from gatepost.core.policy import Action, Decision, Reason, SitePolicy, decide
from gatepost.core.preferences import Level, LevelStatement, resolve
from gatepost.core.request import path_readings
from gatepost.core.sites import Visibility, amend
from gatepost.core.wishes import read_wish
from gatepost.errors import ConfirmationNeeded, StatementError
from policies import policy, statement

AI_OPT_OUT = ("ai-training=block", "ai-answers=block", "assistants=block")


def decided(
    signatures: SignatureSet,
    wishes: tuple[str, ...],
    user_agent: str,
    path: str = "/post",
    visibility: Visibility = Visibility.PUBLIC,
) -> Decision:
    matches = Matcher(signatures).recognise(user_agent.encode())
    raw_path, _, query = path.encode().partition(b"?")
    return decide(policy(signatures, *wishes, visibility=visibility), matches, path_readings(raw_path, query))


@pytest.mark.parametrize(
    ("wishes", "user_agent", "action", "reason"),
    [
        pytest.param((), "GPTBot/1.4", Action.ALLOW, Reason.NOTHING_SAID, id="nothing said"),
        pytest.param(("ai-training=allow",), "GPTBot", Action.ALLOW, Reason.ALLOWED, id="allow"),
        pytest.param(("ai-training=ask",), "GPTBot", Action.TAG, Reason.ASKED, id="ask tags"),
        pytest.param(("ai-training=block",), "GPTBot", Action.BLOCK, Reason.REFUSED, id="block"),
        pytest.param(("ai-training=license",), "GPTBot", Action.LICENSE, Reason.LICENCE_REQUIRED, id="license"),
        pytest.param(("ai-training=block",), "ChatGPT-User/1.0", Action.ALLOW, Reason.NOTHING_SAID, id="other purpose"),
        pytest.param(("assistants=block",), "ChatGPT-User/1.0", Action.BLOCK, Reason.REFUSED, id="person triggered"),
        pytest.param(AI_OPT_OUT, "Googlebot/2.1", Action.ALLOW, Reason.SEARCH_PROTECTED, id="mixed use"),
        pytest.param(AI_OPT_OUT, "DuckDuckBot/1.1", Action.ALLOW, Reason.NOTHING_SAID, id="search"),
        pytest.param(AI_OPT_OUT, "facebookexternalhit/1.1", Action.ALLOW, Reason.SERVICE, id="link preview"),
        pytest.param(AI_OPT_OUT, "Mozilla/5.0 Firefox/145.0", Action.ALLOW, Reason.UNRECOGNISED, id="a person"),
        pytest.param(("search=block",), "Googlebot/2.1", Action.BLOCK, Reason.REFUSED, id="search is refused if meant"),
        pytest.param((*AI_OPT_OUT, "GPTBot=allow"), "GPTBot", Action.ALLOW, Reason.ALLOWED, id="named and allowed"),
        pytest.param(("GPTBot=block",), "gptbot", Action.BLOCK, Reason.REFUSED, id="named and refused"),
        pytest.param(AI_OPT_OUT, "GPTBot Googlebot", Action.BLOCK, Reason.REFUSED, id="two names, the strictest"),
        pytest.param(AI_OPT_OUT, "x (Google-Extended)", Action.BLOCK, Reason.REFUSED, id="a forged name"),
    ],
)
def test_action_and_reason(
    signatures: SignatureSet, wishes: tuple[str, ...], user_agent: str, action: Action, reason: Reason
) -> None:
    decision = decided(signatures, wishes, user_agent)
    assert (decision.action, decision.reason) == (action, reason)


PRESS = ("ai-training=block", "/press/:ai-training=allow", "/press/drafts/:ai-training=block")


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/", Action.BLOCK),
        ("/press", Action.BLOCK),
        ("/press/", Action.ALLOW),
        ("/press/kit.zip?x=1", Action.ALLOW),
        ("/press/drafts/1", Action.BLOCK),
        ("/press/../secret", Action.BLOCK),
        ("/press/%2e%2e/secret", Action.BLOCK),
        ("/press/..%2fsecret", Action.BLOCK),
        ("/press//drafts/1", Action.BLOCK),
        ("/press/%64rafts/1", Action.BLOCK),
        ("/robots.txt", Action.ALLOW),
        ("/.well-known/tdmrep.json", Action.ALLOW),
        ("/.well-known/../secret", Action.BLOCK),
        ("/ai.txt/../secret", Action.BLOCK),
    ],
)
def test_every_reading_of_a_path_counts(signatures: SignatureSet, path: str, action: Action) -> None:
    assert decided(signatures, PRESS, "GPTBot", path).action is action


@pytest.mark.parametrize(
    ("wishes", "path", "action"),
    [
        pytest.param(("GPTBot=allow", "/x/:ai-training=block"), "/x/1", Action.BLOCK, id="a stricter path holds"),
        pytest.param(("GPTBot=block", "/x/:ai-training=allow"), "/x/1", Action.BLOCK, id="a laxer path does not"),
        pytest.param(("/a/:ai-training=block", "/a/b/:ai-answers=allow"), "/a/b/c", Action.BLOCK, id="inside both"),
        pytest.param(("/*.pdf$:ai-training=block",), "/a.pdf", Action.BLOCK, id="wildcard"),
        pytest.param(("/*.pdf$:ai-training=block",), "/a.pdf?x", Action.ALLOW, id="the end is the end"),
    ],
)
def test_exceptions_meet(signatures: SignatureSet, wishes: tuple[str, ...], path: str, action: Action) -> None:
    assert decided(signatures, wishes, "GPTBot", path).action is action


@pytest.mark.parametrize("visibility", [one for one in Visibility if one is not Visibility.PUBLIC])
def test_what_is_not_public_is_refused_to_all_who_take_content(
    signatures: SignatureSet, visibility: Visibility
) -> None:
    for user_agent in ("GPTBot", "Googlebot/2.1", "archive.org_bot"):
        decision = decided(signatures, ("ai-training=allow",), user_agent, visibility=visibility)
        assert (decision.action, decision.reason) == (Action.BLOCK, Reason.NOT_PUBLIC)


def test_a_value_says_which_level_it_comes_from(signatures: SignatureSet) -> None:
    levels = [
        LevelStatement(Level.PLATFORM, statement(signatures, "ai-training=block", "ai-answers=ask")),
        LevelStatement(Level.SITE, statement(signatures, "ai-answers=allow", "/x/:assistants=block")),
    ]
    resolved = resolve(levels)
    assert [(str(one.value), str(one.origin)) for one in resolved.stances] == [
        ("None", "built-in"),
        ("allow", "site"),
        ("None", "built-in"),
        ("block", "platform"),
        ("None", "built-in"),
    ]
    assert str(resolved.paths[0].origin) == "path exception /x/"


@pytest.mark.parametrize("wish", ["search=block", "/x/:search=ask", "Googlebot=block", "DuckDuckBot=license"])
def test_touching_search_needs_a_confirmation(signatures: SignatureSet, wish: str) -> None:
    asked = [read_wish(wish, signatures)]
    with pytest.raises(ConfirmationNeeded) as caught:
        amend(statement(signatures), asked, signatures)
    assert caught.value.id == "statement.search.unconfirmed"
    confirmed = amend(statement(signatures), asked, signatures, search_confirmed=True)
    assert amend(confirmed, asked, signatures) == confirmed, "what was confirmed once is not asked again"


@pytest.mark.parametrize(
    ("wish", "id"),
    [
        ("ai-training", "statement.wish.form"),
        ("=block", "statement.wish.form"),
        ("ai-training=maybe", "statement.value.unknown"),
        ("partner-sharing=block", "statement.value.unknown"),
        ("NoSuchCrawler=block", "statement.subject.unknown"),
        ("/x/:GPTBot=block", "statement.purpose.unknown"),
        ("press:ai-training=block", "statement.path.form"),
        ("/x\ny:ai-training=block", "statement.path.form"),
        ("/x\u2028y:ai-training=block", "statement.path.form"),
        (f"/{'x' * 1024}:ai-training=block", "statement.path.length"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused(signatures: SignatureSet, wish: str, id: str) -> None:
    with pytest.raises(StatementError) as caught:
        read_wish(wish, signatures)
    assert caught.value.id == id
    assert caught.value.remedy


def test_inherit_takes_back_what_was_said(signatures: SignatureSet) -> None:
    said = statement(signatures, "ai-training=block", "/x/:ai-training=allow", "GPTBot=ask", "partner-sharing=refuse")
    taken_back = ("ai-training=inherit", "/x/:ai-training=inherit", "GPTBot=inherit", "partner-sharing=inherit")
    assert amend(said, [read_wish(wish, signatures) for wish in taken_back], signatures) == statement(signatures)


@pytest.mark.parametrize(
    ("platform", "site", "path", "action"),
    [
        pytest.param("GPTBot=allow", "ai-training=block", "/", Action.BLOCK, id="a name above, a no below"),
        pytest.param("GPTBot=block", "ai-training=allow", "/", Action.BLOCK, id="a name above, a yes below"),
        pytest.param("GPTBot=block", "GPTBot=allow", "/", Action.ALLOW, id="a name on both"),
        pytest.param("/press/:ai-training=allow", "ai-training=block", "/press/1", Action.BLOCK, id="a path above"),
        pytest.param(
            "/p/long/:ai-training=allow", "/p/:ai-training=block", "/p/long/1", Action.BLOCK, id="a longer one"
        ),
        pytest.param("/p/:ai-training=allow", "/p/x/:ai-training=block", "/p/1", Action.ALLOW, id="a shorter one"),
        pytest.param(
            "/axx/:ai-answers=allow", "/a*b:ai-training=block", "/axx/b", Action.BLOCK, id="one that hides it"
        ),
        pytest.param("ai-training=block", "/p/:ai-training=allow", "/p/1", Action.ALLOW, id="the owner's own yes"),
    ],
)
def test_what_a_site_says_no_to_is_not_undone_from_above(
    signatures: SignatureSet, matcher: Matcher, platform: str, site: str, path: str, action: Action
) -> None:
    levels = [
        LevelStatement(Level.PLATFORM, statement(signatures, platform)),
        LevelStatement(Level.SITE, statement(signatures, site)),
    ]
    decision = decide(SitePolicy(resolve(levels)), matcher.recognise(b"GPTBot"), [path])
    assert decision.action is action


def test_a_longer_pattern_for_another_purpose_hides_no_refusal(signatures: SignatureSet) -> None:
    wishes = ("/a*b:ai-training=block", "/axx/:ai-answers=allow")
    assert decided(signatures, wishes, "GPTBot", "/axx/b").action is Action.BLOCK
