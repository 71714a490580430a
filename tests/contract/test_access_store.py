"""The contract of ``ports.AccessStore``: tokens, spent nonces and kept answers, whatever database is behind it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from contract.stores import NOW, added, event
from gatepost.core.access import Scope
from gatepost.core.sites import Actor, ActorKind, SiteAdded
from gatepost.core.tokens import Token, rotated
from gatepost.ports import AnswerKey, Claim

LATER = NOW + timedelta(hours=1)
KEY = AnswerKey("token:abc", "key 1")
TOKEN = Token(
    id="0a1b2c3d4e5f",
    actor=Actor(ActorKind.PLATFORM, "Zoë 🦊"),
    scopes=frozenset(Scope),
    digest=bytes(range(32)),
    added=NOW,
)
SOME = replace(
    TOKEN, id="ffffffffffff", sites=frozenset({"a", "ü"}), expires=LATER, scopes=frozenset({Scope.SITES_READ})
)


async def test_a_token_comes_back_as_it_went(store):
    for token in (TOKEN, SOME, replace(SOME, id="eeeeeeeeeeee", sites=frozenset())):
        await store.keep_token(token)
        assert await store.token(token.id) == token
    assert [token.id for token in await store.tokens()] == [TOKEN.id, "eeeeeeeeeeee", SOME.id]
    assert await store.token("nobody") is None


async def test_a_token_is_written_in_place_of_itself_and_forgotten(store):
    await store.keep_token(TOKEN)
    changed = rotated(TOKEN, b"\xff" * 32, NOW)
    await store.keep_token(changed)
    assert await store.tokens() == [changed]
    assert [await store.drop_token(TOKEN.id) for _ in range(2)] == [True, False]
    assert await store.token(TOKEN.id) is None


async def test_a_nonce_is_spent_once_and_swept_out_when_its_time_is_over(store):
    assert [await store.spend("n", LATER, NOW) for _ in range(2)] == [True, False]
    assert await store.spend("other", LATER, LATER)
    assert await store.spend("n", LATER + timedelta(hours=1), LATER)


async def test_of_many_who_spend_a_nonce_at_once_one_succeeds(store):
    outcomes = await asyncio.gather(*(store.spend("n", LATER, NOW) for _ in range(8)))
    assert sorted(outcomes) == [False] * 7 + [True]


async def test_a_key_is_taken_once_and_has_its_answer_then(store):
    assert await store.claim(KEY, b"1", LATER, NOW) == Claim(True, b"1")
    assert await store.claim(KEY, b"2", LATER, NOW) == Claim(False, b"1", None)
    await store.keep_answer(KEY, b"\0\xff", LATER)
    assert await store.claim(KEY, b"2", LATER, NOW) == Claim(False, b"1", b"\0\xff")
    await store.release(KEY)
    assert (await store.claim(KEY, b"2", LATER, NOW)).answer == b"\0\xff"
    assert (await store.claim(replace(KEY, credential="another"), b"2", LATER, NOW)).taken
    assert (await store.claim(KEY, b"2", LATER + timedelta(1), LATER)).taken


async def test_a_key_that_is_let_go_is_free(store):
    await store.claim(KEY, b"1", LATER, NOW)
    await store.release(KEY)
    assert await store.claim(KEY, b"2", LATER, NOW) == Claim(True, b"2")


async def test_of_many_who_take_a_key_at_once_one_has_it(store):
    claims = await asyncio.gather(*(store.claim(KEY, b"1", LATER, NOW) for _ in range(8)))
    assert sum(claim.taken for claim in claims) == 1


async def test_sites_are_found_by_what_a_host_or_their_id_begins_with(store):
    await store.append(
        added("b", "blog.example", "www.blog.example"),
        added("a", "blog.test"),
        added("Blog"),
        event("*region:blog", 1, SiteAdded(())),
    )

    async def found(named, **more):
        return [site.id for site in await store.sites(named=named, **more)]

    assert await found("blog.") == ["a", "b"]
    assert await found("blog.", limit=1) == ["a"]
    assert await found("blog.", after="a") == ["b"]
    named = ("www.blog.example", "B", "log", "%", "_", "*", "blog.example\U0010ffff")
    assert [await found(name) for name in named] == [["b"], ["Blog"], [], [], [], [], []]
