"""Where releases have to be signed, a worker takes up none that is not by a key it believes, as it was signed, and in
the place that it was signed for: what was in force before stays."""

import hashlib
from dataclasses import replace

import pytest

from asgi.door import OWNER, Store
from gatepost import Gate, Settings
from gatepost.core.publications import Kind
from gatepost.core.releases import released, signed_content
from gatepost.core.rollouts import IssuedSet, Rollout
from gatepost.service.releases import Act
from gatepost.sources import load_signatures, new_key
from releasing import NEXT

LATER = NEXT.replace(b"1.1.0", b"1.2.0", 1)


@pytest.fixture
def ours(tmp_path):
    return new_key(tmp_path / "ours.pem")


@pytest.fixture
def store():
    return Store()


@pytest.fixture
async def worker(store, ours):
    """It believes our key, and follows a first release by it."""
    gate = Gate(Settings(signature_keys=(ours.public,)), load_signatures(), store)
    await gate.releases.publish(NEXT, Act(OWNER, "the first", ours.sign))
    await gate.recognition.look_at_store()
    assert gate.signatures.version == "1.1.0"
    yield gate
    await gate.close()


@pytest.fixture
async def second(worker, ours):
    """A release of another set that follows the first one, with a good signature; it is in no store yet."""
    first = await worker.releases.present()
    issued = IssuedSet(hashlib.sha256(LATER).hexdigest(), "1.2.0")
    return signed(replace(first, rollout=Rollout(issued), after=first.number), ours)


def signed(release, key):
    return replace(release, signature=key.sign(signed_content(release)))


async def written(store, release):
    """Whoever may write into the store puts it there."""
    after = (await store.last_published(Kind.RELEASE)).number
    await store.publish_next(released(release, [LATER]), after)


async def test_a_release_as_it_was_signed_is_taken_up(worker, store, second):
    await written(store, second)
    await worker.recognition.look_at_store()
    assert (worker.signatures.version, worker.recognition.refused) == ("1.2.0", None)


FORGED = {
    "unsigned": lambda good, theirs: replace(good, signature=b""),
    "by another key": signed,
    "another reason": lambda good, theirs: replace(good, reason="another"),
    "another part": lambda good, theirs: replace(good, rollout=replace(good.rollout, percent=7)),
    "another place": lambda good, theirs: replace(good, after=good.after + 1),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_a_release_without_a_good_signature_of_what_it_says_is_refused(worker, store, second, tmp_path, forged):
    await written(store, forged(second, new_key(tmp_path / "theirs.pem")))
    await refused(worker, "signatures.release.unsigned")
    assert (worker.signatures.version, worker.recognition.now.number) == ("1.1.0", second.after)


async def test_a_signed_release_that_is_put_there_again_is_refused(worker, store, second):
    """Its signature is good; but it was signed to follow another one."""
    await written(store, second)
    await worker.recognition.look_at_store()
    last = await worker.releases.present()
    first = (await worker.releases.history())[0]
    await store.publish_next(released(first, [NEXT]), last.number)
    await refused(worker, "signatures.release.place")
    assert (worker.signatures.version, worker.recognition.now.number) == ("1.2.0", last.number)


async def refused(worker, id):
    await worker.recognition.look_at_store()
    assert worker.recognition.refused.error.id == id
