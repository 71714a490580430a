"""Who has signed a request: what is verified, and above all what is not."""

import base64
import random
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crawler_signing import Crawler, signed_fields
from gatepost.core.crawler_keys import key_id, read_key
from gatepost.core.crawlers import Purpose
from gatepost.core.partners import Partner, check_partner
from gatepost.core.periods import Span, at
from gatepost.core.signed_requests import SignedRequest, check_times, signed_request
from gatepost.errors import GatepostError, IdentityRefused, PartnerError
from gatepost.partners import KeyVerifier, request_signatures
from partners.forgeries import CRAWLER, FORGERIES, OTHER, by_hmac, mutated

HOST = b"garden.example"
PUBLISHED = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"
THUMBPRINT = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"


def verified(fields, host=HOST, target=b"/", *, method="GET", scheme="https", keys=None, now=None):
    """What a request proves, as the doors look at it; ``None`` for one that signs nothing."""
    request = signed_request(fields, host, target, method=method, scheme=scheme)
    if request is None:
        return None
    proof = KeyVerifier().verified(request, {CRAWLER.id: CRAWLER.octets} if keys is None else keys)
    check_times(proof, now or at(datetime.now(UTC)))
    return proof


def refused(fields, **given):
    with pytest.raises(IdentityRefused) as caught:
        verified(fields, **given)
    return caught.value.id


KEYS = {THUMBPRINT: base64.urlsafe_b64decode(PUBLISHED + "=")}


class TestVectors:
    """The examples of Web Bot Auth, signed with the key of RFC 9421 B.1.4."""

    NONCE = "n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA=="
    OLD_NONCE = "e8N7S2MFd/qrd6T2R3tdfAuuANngKI7LFtKYI/vowzk4lAZYadIX6wW25MwG7DCT9RUKAJ0qVkU0mEeLElW1qg=="
    AS_STRING = (
        '"signature-agent"',
        '"https://signature-agent.test"',
        1735693200,
        OLD_NONCE,
        "jdq0SqOwHdyHr9+r5jw3iYZH6aNGKijYp/EstF4RQTQdi5N5YYKrD+mCT1HA1nZDsi6nJKuHxUi/5Syp3rLWBA==",
    )
    AS_MEMBER = (
        '"signature-agent";key="sig2"',
        'sig2="https://signature-agent.test"',
        4889289600,
        NONCE,
        "CGokAoY/FrPpyuzTe1Fb2kLTAH9Idw6qSFd1+D77r1firsMRCxeuLu5e6O+ek3zQgDMAzjiXtLVfqE00xnABCQ==",
    )
    AS_OTHER_MEMBER = (
        '"signature-agent";key="agent2"',
        'agent2="https://signature-agent.test"',
        4889289600,
        NONCE,
        "RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACSanGdhEwYCCg==",
    )

    @staticmethod
    def fields(covered, agent, expires, nonce, signature):
        params = f'("@authority" {covered});created=1735689600;keyid="{THUMBPRINT}";alg="ed25519"'
        params += f';expires={expires};nonce="{nonce}";tag="web-bot-auth"'
        return [(b"signature-agent", agent.encode()), *signed_fields("sig2", params, base64.b64decode(signature))]

    @pytest.mark.parametrize(
        "vector", [AS_STRING, AS_MEMBER, AS_OTHER_MEMBER], ids=["string", "member", "other member"]
    )
    def test_what_they_sign_holds(self, vector):
        fields = self.fields(*vector)
        request = signed_request(fields, b"example.com", b"/path/to/resource", method="GET", scheme="https")
        assert request
        proof = KeyVerifier().verified(request, KEYS)
        assert (proof.key, proof.created, proof.expires) == (THUMBPRINT, 1735689600, vector[2])
        others = signed_request(fields, b"www.example.com", b"/", method="GET", scheme="https")
        assert others
        with pytest.raises(IdentityRefused):
            KeyVerifier().verified(others, KEYS)

    def test_one_of_them_passes_in_its_time_and_one_that_holds_for_a_century_does_not(self):
        then = at(datetime.fromtimestamp(1735689630, UTC))
        assert verified(self.fields(*self.AS_STRING), b"example.com", keys=KEYS, now=then)
        assert refused(self.fields(*self.AS_MEMBER), host=b"example.com", keys=KEYS, now=then) == "identity.time"

    def test_the_thumbprint_is_the_published_one(self):
        assert key_id(KEYS[THUMBPRINT]) == THUMBPRINT


class TestWhatHolds:
    @pytest.mark.parametrize(
        ("host", "scheme", "signed"),
        [
            (b"garden.example", "https", "garden.example"),
            (b"Garden.EXAMPLE", "https", "garden.example"),
            (b"garden.example:443", "https", "garden.example"),
            (b"garden.example:8443", "https", "garden.example:8443"),
            (b"garden.example:80", "http", "garden.example"),
            (b"garden.example:443", None, "garden.example:443"),
            (b"[2001:DB8::0:1]:8443", "https", "[2001:db8::1]:8443"),
        ],
    )
    def test_the_authority_is_the_host_as_doors_read_it(self, host, scheme, signed):
        fields = CRAWLER.fields({'"@authority"': signed})
        assert verified(fields, host=host, scheme=scheme).key == CRAWLER.id

    def test_more_may_be_covered_where_it_is_known(self):
        covered = {
            '"@authority"': "garden.example",
            '"@method"': "GET",
            '"@scheme"': "https",
            '"@path"': "/a%20b",
            '"@query"': "?x=1",
            '"@target-uri"': "https://garden.example/a%20b?x=1",
            '"user-agent"': "GPTBot/1.4",
        }
        fields = [(b"User-Agent", b" GPTBot/1.4 "), *CRAWLER.fields(covered)]
        assert verified(fields, target=b"/a%20b?x=1")
        assert refused(fields, target=b"/a%20b?x=2") == "identity.signature"
        assert refused(fields, target=b"/a%20b?x=1", method=None) == "identity.signature"
        assert refused(fields, target=b"/a%20b?x=1", scheme=None) == "identity.signature"
        assert refused(fields, target=None) == "identity.signature"
        assert refused([*fields, (b"user-agent", b"GPTBot/1.4")], target=b"/a%20b?x=1") == "identity.signature"

    def test_without_the_algorithm_it_is_the_same(self):
        assert verified(CRAWLER.fields(alg=None))

    def test_a_request_that_signs_nothing_is_none(self):
        assert verified([(b"signature-agent", b'"https://x.test"')]) is None


@pytest.mark.parametrize(("part", "forge"), FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forgery_proves_nobody(part, forge):
    assert refused(forge()) == f"identity.{part}"


def test_who_is_handed_an_hmac_by_the_public_key_does_not_take_it_for_a_signature():
    """Where nobody has looked at its length before."""

    def handed_over(params, signature):
        fields = {name.decode(): value.decode() for name, value in signed_fields("sig1", params, signature)}
        request = SignedRequest("sig1", params, {"@authority": "garden.example"}, fields)
        return request_signatures.verified(request, {CRAWLER.id: CRAWLER.octets})

    params = CRAWLER.params()
    base = f'"@authority": garden.example\n"@signature-params": {params}'
    assert handed_over(params, CRAWLER.key.sign(base.encode())).key == CRAWLER.id
    with pytest.raises(IdentityRefused) as caught:
        handed_over(*by_hmac())
    assert caught.value.id == "identity.signature"


@pytest.mark.parametrize("host", [b"", b"garden.example ", b"a/b", b"\xff", b"garden.example:x", b"127.1"])
def test_a_host_that_cannot_be_read_proves_nobody(host):
    assert refused(CRAWLER.fields(), host=host) == "identity.authority"


def test_of_many_mutated_signatures_none_holds():
    dice = random.Random(17)
    good = CRAWLER.fields()
    assert verified(good)
    for _ in range(10_000):
        fields = mutated(dice, good)
        if fields != good:
            assert not holds(fields), fields
    assert verified(good), "it was good all the while"


def holds(fields):
    try:
        return verified(fields) is not None
    except IdentityRefused:
        return False


@pytest.mark.parametrize(
    ("created", "expires", "good"),
    [(-300, 0, True), (-359, 600, True), (-361, 600, False), (-100, -59, True), (-100, -61, False),
     (59, 300, True), (61, 300, False), (0, 86_400, True), (0, 0, False)],
)  # fmt: skip
def test_times_are_taken_with_a_minute_of_grace(created, expires, good):
    now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    start = int(now.timestamp())
    fields = CRAWLER.fields(created=start + created, expires=start + expires)
    if good:
        assert verified(fields, now=at(now))
    else:
        assert refused(fields, now=at(now)) == "identity.time"


@pytest.mark.parametrize("doubt", [timedelta(hours=-1), timedelta(hours=1)])
def test_while_the_time_is_in_doubt_nobody_is_proved(doubt):
    now = datetime.now(UTC)
    span = Span(min(now, now + doubt), max(now, now + doubt))
    assert refused(CRAWLER.fields(), now=span) == "identity.time"


class TestKeys:
    PARTNER = Partner("p", "P", frozenset({Purpose.SEARCH}), datetime(2026, 1, 1, tzinfo=UTC), crawlers=("GPTBot",))

    def test_a_key_is_read_in_one_spelling(self):
        assert read_key(CRAWLER.x) == CRAWLER.octets

    @pytest.mark.parametrize(
        "text",
        ["", "x", CRAWLER.x + "=", CRAWLER.x[:-1], CRAWLER.x + "AA", " " + CRAWLER.x[1:], "é" * 43, "+/" * 21 + "A",
         CRAWLER.x[:-1] + "B", "A" * 43, PUBLISHED, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
        ids=range(12),
    )  # fmt: skip
    def test_what_is_no_key_of_somebody_is_refused(self, text):
        with pytest.raises(ValueError, match=r"base64url|published|anybody"):
            read_key(text)
        with pytest.raises(PartnerError) as caught:
            check_partner(Partner(**{**as_dict(self.PARTNER), "keys": (text,)}))
        assert caught.value.id == "partner.keys"

    def test_points_that_anybody_can_sign_for_are_no_keys(self):
        prime = 2**255 - 19
        order_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
        ys = [0, 1, prime - 1, prime, prime + 1, int.from_bytes(bytes.fromhex(order_8), "little")]
        for y in (*ys, prime - ys[-1]):
            for sign in (0, 1 << 255):
                octets = (y | sign).to_bytes(32, "little")
                with pytest.raises(ValueError, match="anybody"):
                    read_key(base64.urlsafe_b64encode(octets).rstrip(b"=").decode())

    def test_a_crawler_needs_a_network_or_a_key(self):
        whole = as_dict(self.PARTNER)
        check_partner(Partner(**{**whole, "keys": (CRAWLER.x, OTHER.x)}))
        for keys in ((), (CRAWLER.x, CRAWLER.x), tuple(Crawler().x for _ in range(5))):
            with pytest.raises(PartnerError):
                check_partner(Partner(**{**whole, "keys": keys}))


def as_dict(partner):
    return {name: getattr(partner, name) for name in ("id", "name", "purposes", "since", "crawlers")}


def test_where_the_library_is_missing_that_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "gatepost.partners.request_signatures", None)
    with pytest.raises(GatepostError) as caught:
        KeyVerifier().check()
    assert caught.value.id == "partners.keys.missing"


def test_a_key_made_elsewhere_has_the_thumbprint_that_its_owner_computes():
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert key_id(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "RFC 8037 A.3"
