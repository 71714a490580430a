"""What is pushed is verified by the library that partners use, and what they answer is read for what it says."""

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, InvalidSignature, MappingKeyResolver, algorithms
from standardwebhooks import Webhook, WebhookVerificationError

from gatepost import open_gate
from gatepost.core.crawlers import Purpose
from gatepost.core.duties import Attempt, Delivery, begun, tried
from gatepost.core.notices import Notice
from gatepost.core.partners import Partner
from gatepost.core.terms import Action
from gatepost.errors import GatepostError, OutwardError
from gatepost.partners import MessageSigner, WebhookSender
from gatepost.partners.webhooks import patience_of
from gatepost.ports import Fetched
from gatepost.sources import new_key
from house.source_tree import CHECKOUT

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
OLD, NEW = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0", "whsec_bmV3ZXIgc2VjcmV0IG9mIHRoZSBwYXJ0bmVyIQ=="
PARTNER = Partner(
    "acme",
    "Acme Data",
    frozenset({Purpose.AI_TRAINING}),
    NOW - DAY,
    endpoint="https://acme.example/notices?key=hidden",
    secrets=(NEW, OLD),
)
NOTICE = Notice("acme", "blog.example", ("blog.example",), (), Action.REMOVE_PAST, NOW, Purpose.AI_TRAINING)
DUTY = begun(replace(NOTICE, number=7, id="ntc_7"), NOW, 3 * DAY, 30 * DAY, pushed=True)


class Clock:
    """One that tells its time in a zone of its own, as a clock may."""

    def now(self):
        return datetime.now(timezone(timedelta(hours=9)))


class Endpoint:
    """What was sent, and what is answered."""

    def __init__(self, *answer):
        self.answer, self.pushes = answer or (200,), []

    async def fetch(self, url, **asked):
        raise NotImplementedError

    def check_post(self, url):
        """Any URL will do."""

    async def post(self, url, body, *, most_octets, seconds, fields=()):
        self.pushes.append((url, body, dict(fields)))
        status, *rest = self.answer
        if isinstance(status, Exception):
            raise status
        return Fetched(status, rest, b"a word of its own")


async def pushed(endpoint, partner=PARTNER, duty=DUTY):
    return await WebhookSender(endpoint, Clock()).send(partner, duty)


async def test_each_secret_alone_verifies_what_is_pushed():
    endpoint = Endpoint()
    assert await pushed(endpoint) == Attempt(accepted=True)
    ((url, body, fields),) = endpoint.pushes
    assert url == PARTNER.endpoint
    for secret in (OLD, NEW):
        said = Webhook(secret).verify(body, fields)
        assert (said["type"], said["data"]["id"], said["data"]["revision"]) == ("consent.changed", "ntc_7", 7)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCBpdCBpcw==").verify(body, fields)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body.replace(b"blog.example", b"clog.example"), fields)


async def test_a_secret_that_went_out_of_use_verifies_nothing_more():
    endpoint = Endpoint()
    await pushed(endpoint, replace(PARTNER, secrets=(NEW,)))
    ((_, body, fields),) = endpoint.pushes
    Webhook(NEW).verify(body, fields)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(body, fields)


async def test_a_notice_has_one_id_and_each_reminder_its_own():
    endpoint = Endpoint()
    delivered = tried(DUTY, Attempt(accepted=True), NOW, 0)
    assert delivered.delivery is Delivery.DELIVERED
    later = tried(delivered, Attempt(), NOW + 2 * DAY, 0)
    for duty in (DUTY, replace(DUTY, attempts=3), delivered, delivered, later):
        await pushed(endpoint, duty=duty)
    ids = [fields["webhook-id"] for _, _, fields in endpoint.pushes]
    assert ids[:2] == ["ntc_7", "ntc_7"]
    assert ids[2] == ids[3] == f"ntc_7_r{NOW + 2 * DAY:%Y%m%dT%H%M%SZ}"
    assert ids[4] not in ids[:4]
    assert not any("." in id for id in ids), "a full stop ends the id in what is signed"
    kinds = [json.loads(body)["type"] for _, body, _ in endpoint.pushes]
    assert kinds == ["consent.changed"] * 2 + ["consent.reminder"] * 3


@pytest.fixture
def key(tmp_path):
    return new_key(tmp_path / "key.pem")


class Sent:
    """A push as the verifier of RFC 9421 reads it."""

    method = "POST"

    def __init__(self, url, body, fields):
        self.url, self.body, self.headers = url, body, fields


def verified(key, sent):
    """What is proved of a push by the public key alone."""
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public))
    resolver = MappingKeyResolver(public_keys={MessageSigner(key.public, key.sign).key_id: public}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
    [result] = verifier.verify(sent, body=sent.body)
    return {name.strip('"') for name in result.covered_components}


async def test_with_a_key_a_push_is_proved_by_the_public_part_alone(key):
    endpoint = Endpoint()
    await WebhookSender(endpoint, Clock(), lambda: MessageSigner(key.public, key.sign)).send(PARTNER, DUTY)
    ((url, body, fields),) = endpoint.pushes
    Webhook(OLD).verify(body, fields)
    assert {"@method", "@target-uri", "content-digest", "webhook-id"} <= verified(key, Sent(url, body, fields))
    for forged in (
        Sent(url, body + b" ", fields),
        Sent(url.replace("acme", "evil"), body, fields),
        Sent(url, body, {**fields, "webhook-id": "ntc_8"}),
    ):
        with pytest.raises(InvalidSignature):
            verified(key, forged)


async def test_a_key_that_cannot_be_read_keeps_back_pushes_alone_until_it_can(tmp_path):
    gate = open_gate("sqlite://", notice_key=tmp_path / "late.pem")
    with pytest.raises(GatepostError) as refused:
        gate.deliveries.sender.check()
    assert refused.value.id == "signatures.key.file"
    new_key(tmp_path / "late.pem")
    gate.deliveries.sender.check()
    await gate.close()


@pytest.mark.parametrize(
    ("answer", "accepted", "gone", "patience"),
    [
        ((200,), True, False, None),
        ((204,), True, False, None),
        ((302, ("location", "http://169.254.169.254/hidden")), False, False, None),
        ((400,), False, False, None),
        ((404,), False, False, None),
        ((410,), False, True, None),
        ((429, ("retry-after", "120")), False, False, timedelta(minutes=2)),
        ((503, ("retry-after", "-5")), False, False, timedelta(seconds=-5)),
        ((503,), False, False, None),
        ((500, ("retry-after", "120")), False, False, None),
        ((OutwardError("no answer of https://acme.example/?key=hidden", id="outward.slow", remedy="."),),
         False, False, None),
        ((OutwardError("Illegal header value b'whsec_hidden'", id="outward.unreachable", remedy="."),),
         False, False, None),
    ],
)  # fmt: skip
async def test_what_comes_of_a_push(answer, accepted, gone, patience):
    found = await pushed(Endpoint(*answer))
    assert (found.accepted, found.gone, found.patience) == (accepted, gone, patience)
    assert bool(found.problem) is not accepted
    assert not any(word in found.problem for word in ("hidden", "whsec_", "word of its own"))


@pytest.mark.parametrize("secret", ["whsec_", "whsec_hidde"])
async def test_a_secret_that_is_none_is_told_without_it(secret):
    found = await pushed(Endpoint(), replace(PARTNER, secrets=(OLD, secret)))
    assert not found.accepted
    assert "secret" in found.problem
    assert "hidde" not in found.problem


AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("120", 120),
        ("Sat, 28 Nov 2026 12:10:00 GMT", 600),
        ("Saturday, 28-Nov-26 12:10:00 GMT", 600),
        ("Sat, 28 Nov 2026 11:00:00 GMT", 5),
        ("0", 5),
        ("-5", 5),
        ("315360000", 86_400),
        ("Fri, 28 Nov 2036 12:00:00 GMT", 86_400),
        ("9" * 400, 86_400),
        ("", 5),
        ("soon", 5),
        ("1.5", 5),
        ("١٢٠", 5),
        ("Sat, 99 Nov 99999 12:00:00 +9999", 5),
        ("-", 5),
    ],
)
def test_patience_is_given_within_bounds(text, waits):
    after = tried(DUTY, Attempt(problem="busy", patience=patience_of(text, AT)), AT, 0.5)
    assert after.due == AT + timedelta(seconds=waits)


async def test_the_page_for_partners_shows_how_to_check_a_push():
    [block] = re.findall(r"```python\n(.*?)```", (CHECKOUT / "docs" / "notices.md").read_text("utf-8"), re.DOTALL)
    shown: dict[str, Any] = {}
    exec(block, shown)
    endpoint = Endpoint()
    await pushed(endpoint)
    ((_, body, fields),) = endpoint.pushes
    assert shown["notice"](body, fields)["site"] == "blog.example"
    with pytest.raises(WebhookVerificationError):
        shown["notice"](body + b" ", fields)
