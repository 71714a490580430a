"""Who is let in: what a grant allows, what is signed, and tokens, by the use cases on a real store."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from gatepost import Actor, ActorKind, GatepostError
from gatepost.core.access import (
    OWNER_SCOPES,
    Grant,
    OwnerLink,
    OwnerSession,
    Scope,
    TokenSession,
    check,
    check_platform,
    open_signed,
    owner_grant,
    sign,
)
from gatepost.core.tokens import OVERLAP
from gatepost.errors import AccessDenied, CredentialRefused, SettingsError, SiteUnknown
from gatepost.service.access import Access
from gatepost.storage import open_store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET, OTHER = b"s" * 32, b"o" * 32
PLATFORM = Actor(ActorKind.PLATFORM, "dashboard")
LINK = OwnerLink("blog", "Zoë", NOW + timedelta(minutes=5), "n0nce", "history")
SESSION = OwnerSession("blog", "Zoë", NOW + timedelta(hours=1))
TOKEN_SESSION = TokenSession("abc", NOW + timedelta(hours=1))


@dataclass
class HandClock:
    at: datetime = NOW

    def now(self):
        return self.at


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def access(clock):
    store = open_store("sqlite://")
    yield Access(store, clock, (SECRET,))
    await store.close()


# ------------------------------------------------------------------------------------------------ grants


def grant(*scopes, sites=None, kind=ActorKind.PLATFORM):
    return Grant(Actor(kind, "x"), frozenset(scopes), sites)


@pytest.mark.parametrize("needed", Scope)
@pytest.mark.parametrize("had", Scope)
def test_a_scope_allows_itself_and_nothing_else(had, needed):
    if had is needed:
        check(grant(had), needed)
        return
    with pytest.raises(AccessDenied) as refused:
        check(grant(had), needed)
    assert refused.value.id == "access.scope"


def test_a_grant_for_some_sites_sees_no_other_and_not_all():
    some = grant(Scope.SITES_READ, sites=frozenset({"a"}))
    check(some, Scope.SITES_READ, "a")
    with pytest.raises(SiteUnknown):
        check(some, Scope.SITES_READ, "b")
    with pytest.raises(AccessDenied) as refused:
        check(some, Scope.SITES_READ, every_site=True)
    assert refused.value.id == "access.sites"


def test_where_a_site_lives_is_not_the_owners_to_change():
    check_platform(grant(kind=ActorKind.OPERATOR))
    with pytest.raises(AccessDenied):
        check_platform(owner_grant("a", "ada"))


def test_an_owner_sees_one_site_and_no_defaults():
    owner = owner_grant("a", "ada")
    assert owner.scopes == OWNER_SCOPES
    assert not any(scope.of_all_sites for scope in owner.scopes)
    assert (owner.sees("a"), owner.sees("b")) == (True, False)


# ------------------------------------------------------------------------------------------------ what is signed

VALUES = [LINK, SESSION, TOKEN_SESSION]


@pytest.mark.parametrize("value", VALUES)
def test_what_was_signed_comes_back(value):
    assert open_signed(type(value), sign(value, [SECRET]), [SECRET], NOW) == value


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("kind", [OwnerLink, OwnerSession, TokenSession])
def test_what_is_signed_for_one_use_is_worth_nothing_for_another(value, kind):
    if kind is not type(value):
        with pytest.raises(CredentialRefused) as refused:
            open_signed(kind, sign(value, [SECRET]), [SECRET], NOW)
        assert refused.value.id == "access.signature"


def test_secrets_rotate_the_first_signs_and_all_are_believed():
    assert open_signed(OwnerLink, sign(LINK, [SECRET]), [OTHER, SECRET], NOW) == LINK
    with pytest.raises(CredentialRefused):
        open_signed(OwnerLink, sign(LINK, [OTHER, SECRET]), [SECRET], NOW)


def test_what_is_too_old_is_refused():
    open_signed(OwnerLink, sign(LINK, [SECRET]), [SECRET], LINK.expires - timedelta(seconds=1))
    with pytest.raises(CredentialRefused) as refused:
        open_signed(OwnerLink, sign(LINK, [SECRET]), [SECRET], LINK.expires)
    assert refused.value.id == "access.expired"


def test_every_changed_character_is_noticed():
    text = sign(LINK, [SECRET])
    content = text.partition(".")[0]
    for place in range(len(content)):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(CredentialRefused):
            open_signed(OwnerLink, changed, [SECRET], NOW)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "é.é", "A", "A.", ".A", "\0", "\ud83d.x", "=.=", "x" * 10_000, "e30.e30"]
)
def test_nonsense_is_refused_and_never_a_fault(text):
    with pytest.raises(CredentialRefused):
        open_signed(OwnerSession, text, [SECRET], NOW)


# ------------------------------------------------------------------------------------------------ links and sessions


async def test_a_link_is_good_once(access):
    link = access.owner_link("blog", "ada", "history")
    session, opened = await access.enter(link)
    assert (opened.site, opened.path) == ("blog", "history")
    assert await access.grant_of_session(session) == owner_grant("blog", "ada", NOW + timedelta(hours=8))
    with pytest.raises(CredentialRefused) as refused:
        await access.enter(link)
    assert refused.value.id == "access.link.used"


async def test_of_many_who_follow_a_link_at_once_one_comes_in(access):
    link = access.owner_link("blog", "ada")
    outcomes = await asyncio.gather(*(access.enter(link) for _ in range(20)), return_exceptions=True)
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1


async def test_a_spent_link_is_forgotten_when_it_would_be_too_old_anyway(access, clock):
    await access.enter(access.owner_link("blog", "ada"))
    clock.at += timedelta(minutes=16)
    await access.enter(access.owner_link("blog", "ada"))
    count = "SELECT count(*) FROM spent_links"
    assert await access.store._database.run(lambda connection: connection.exec_driver_sql(count).scalar()) == 1


async def test_no_link_lives_longer_than_a_quarter_of_an_hour(access, clock):
    link = access.owner_link("blog", "ada", life=timedelta(days=1))
    clock.at += timedelta(minutes=15)
    with pytest.raises(CredentialRefused):
        await access.enter(link)


async def test_without_a_secret_nobody_is_let_in(clock):
    closed = Access(open_store("sqlite://"), clock)
    signed = sign(SESSION, [b""])
    for attempt in (closed.enter(signed), closed.grant_of_session(signed), closed.enter_with_token("gpo_a_b")):
        with pytest.raises(SettingsError) as refused:
            await attempt
        assert refused.value.id == "access.secret.none"


# ------------------------------------------------------------------------------------------------ tokens


async def test_a_token_lets_in_as_whom_it_was_made_for(access):
    text, token = await access.add_token(PLATFORM, [Scope.SITES_READ], ["blog"])
    granted = await access.grant_of_token(text)
    assert granted == Grant(PLATFORM, frozenset({Scope.SITES_READ}), frozenset({"blog"}), None, f"token:{token.id}")
    _, _, secret = text.split("_", 2)  # which may have a "_" itself
    assert len(secret) == 43
    assert secret not in repr(token) + repr(await access.tokens())


@pytest.mark.parametrize(
    "spoil",
    {
        "nothing": lambda text: "",
        "another prefix": lambda text: text.replace("gpo_", "gpx_"),
        "no secret": lambda text: text[: text.index("_", 4) + 1],
        "another secret": lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        "more secret": lambda text: text + "A",
        "another id": lambda text: "gpo_000000000000" + text[text.index("_", 4) :],
        "8-bit": lambda text: text + "é",
        "half a pair": lambda text: text + "\ud83d",
        "NUL": lambda text: text + "\0",
        "NUL in the id": lambda text: "gpo_\0_x",
        "long": lambda text: "gpo_" + "a" * 100_000 + "_b",
    }.values(),
)
async def test_whatever_else_is_shown_is_refused_in_the_same_words(access, spoil):
    text, _ = await access.add_token(PLATFORM, [Scope.SITES_READ])
    with pytest.raises(CredentialRefused) as refused:
        await access.grant_of_token(spoil(text))
    assert (refused.value.id, str(refused.value)) == ("access.credential", "this credential is unknown")


async def test_a_rotated_token_has_two_secrets_for_an_hour(access, clock):
    before, token = await access.add_token(PLATFORM, [Scope.SITES_READ])
    after = await access.rotate_token(token.id)
    assert await access.grant_of_token(before) == await access.grant_of_token(after)
    clock.at += OVERLAP
    await access.grant_of_token(after)
    with pytest.raises(CredentialRefused):
        await access.grant_of_token(before)


async def test_a_revoked_token_ends_its_sessions(access):
    text, token = await access.add_token(PLATFORM, [Scope.SITES_READ])
    session = await access.enter_with_token(text)
    assert (await access.grant_of_session(session)).actor == PLATFORM
    await access.revoke_token(token.id)
    for attempt in (access.grant_of_token(text), access.grant_of_session(session)):
        with pytest.raises(CredentialRefused):
            await attempt


async def test_a_token_ends_with_its_time(access, clock):
    text, _ = await access.add_token(PLATFORM, [Scope.SITES_READ], life=timedelta(hours=1))
    session = await access.enter_with_token(text)
    clock.at += timedelta(hours=1)
    for attempt in (access.grant_of_token(text), access.grant_of_session(session)):
        with pytest.raises(CredentialRefused) as refused:
            await attempt
        assert refused.value.id == "access.expired"


@pytest.mark.parametrize(
    ("actor", "scopes", "sites", "id"),
    [
        (Actor(ActorKind.OWNER, "ada"), [Scope.SITES_READ], None, "access.token.actor"),
        (Actor(ActorKind.MIGRATION, "old"), [Scope.SITES_READ], None, "access.token.actor"),
        (PLATFORM, [Scope.DEFAULTS_READ], ["blog"], "access.token.scopes"),
        (PLATFORM, [Scope.TOKENS_WRITE], ["blog"], "access.token.scopes"),
        (PLATFORM, [], None, "access.token.scopes"),
    ],
)
async def test_a_token_that_nobody_should_have_is_not_made(access, actor, scopes, sites, id):
    with pytest.raises(GatepostError) as refused:
        await access.add_token(actor, scopes, sites)
    assert refused.value.id == id
    assert await access.tokens() == []
