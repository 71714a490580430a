"""Signatures of requests that prove nobody, each wrong in one way."""

import time

from cryptography.hazmat.primitives import hashes, hmac

from crawler_signing import Crawler, signed_fields

__all__ = ["CRAWLER", "FORGERIES", "OTHER", "by_hmac", "mutated"]

CRAWLER, OTHER = Crawler(), Crawler()
"""The partner's, and somebody else's."""


def by_hmac():
    """Parameters and the code that is good for them to a reader who takes the public key for a shared secret."""
    params = CRAWLER.params(alg="hmac-sha256")
    base = f'"@authority": garden.example\n"@signature-params": {params}'.encode()
    code = hmac.HMAC(CRAWLER.octets, hashes.SHA256())
    code.update(base)
    return params, code.finalize()


def by_hmac_and_more():
    """As many octets as an Ed25519 signature has."""
    params, code = by_hmac()
    return signed_fields("sig1", params, code * 2)


INPUT, SIGNATURE = b"signature-input", b"signature"


def now(seconds=0):
    """So many seconds from now, asked when a signature is made: a run of all tests may take longer than ten minutes."""
    return int(time.time()) + seconds


def changed(name, change):
    """A good signature, one field of which was changed."""
    return lambda: [(key, change(value) if key == name else value) for key, value in CRAWLER.fields()]


def without(name):
    return lambda: [pair for pair in CRAWLER.fields() if pair[0] != name]


def two_labels():
    one, two = CRAWLER.fields(label="a"), CRAWLER.fields(label="b")
    return [(first[0], first[1] + b", " + second[1]) for first, second in zip(one, two, strict=True)]


def alien_second_label():
    """Another's signature in front, with a good one behind."""
    one, two = OTHER.fields(label="a", tag="other"), CRAWLER.fields(label="b")
    return [(first[0], first[1] + b", " + second[1]) for first, second in zip(one, two, strict=True)]


def swapped_parameters():
    fields = dict(CRAWLER.fields())
    return [(INPUT, dict(CRAWLER.fields())[INPUT]), (SIGNATURE, fields[SIGNATURE])]


def twice(place):
    """A good signature, one field of which comes twice, the same both times."""
    fields = CRAWLER.fields()
    return [*fields, fields[place]]


FORGERIES = {
    "another's key under the partner's id": ("signature", lambda: OTHER.fields(keyid=CRAWLER.id)),
    "another's key": ("signature", lambda: OTHER.fields()),
    "no key id": ("signature", lambda: CRAWLER.fields(keyid=None)),
    "the key itself for its id": ("signature", lambda: CRAWLER.fields(keyid=CRAWLER.x)),
    "another tag": ("tag", lambda: CRAWLER.fields(tag="http-message-signatures-directory")),
    "another case of the tag": ("tag", lambda: CRAWLER.fields(tag="Web-Bot-Auth")),
    "no tag": ("tag", lambda: CRAWLER.fields(tag=None)),
    "HMAC with the public key": ("form", lambda: signed_fields("sig1", *by_hmac())),
    "64 octets that begin with a good HMAC": ("signature", by_hmac_and_more),
    "another algorithm": ("signature", lambda: CRAWLER.fields(alg="rsa-pss-sha512")),
    "an algorithm that is a number": ("signature", lambda: CRAWLER.fields(alg=1)),
    "expired": ("time", lambda: CRAWLER.fields(created=now(-200), expires=now(-100))),
    "older than five minutes": ("time", lambda: CRAWLER.fields(created=now(-500), expires=now(500))),
    "made in the future": ("time", lambda: CRAWLER.fields(created=now(600), expires=now(900))),
    "good for more than a day": ("time", lambda: CRAWLER.fields(created=now(), expires=now(86_401))),
    "over before it began": ("time", lambda: CRAWLER.fields(created=now(), expires=now(-1))),
    "no end": ("time", lambda: CRAWLER.fields(expires=None)),
    "no beginning": ("time", lambda: CRAWLER.fields(created=None)),
    "an end without bounds": ("time", lambda: CRAWLER.fields(expires=999_999_999_999_999)),
    "a time as text": ("signature", lambda: CRAWLER.fields(created=str(now()))),
    "a time before all times": ("time", lambda: CRAWLER.fields(created=-999_999_999_999_999)),
    "no nonce": ("nonce", lambda: CRAWLER.fields(nonce=None)),
    "an empty nonce": ("nonce", lambda: CRAWLER.fields(nonce="")),
    "a very long nonce": ("nonce", lambda: CRAWLER.fields(nonce="n" * 600)),
    "an unknown parameter": ("signature", lambda: CRAWLER.fields(admin="yes")),
    "nothing covered": ("signature", lambda: CRAWLER.fields({})),
    "no authority": ("signature", lambda: CRAWLER.fields({'"@path"': "/"})),
    "the authority of what a response answers": (
        "signature", lambda: CRAWLER.fields({'"@authority";req': "garden.example"}),
    ),
    "another authority": ("signature", lambda: CRAWLER.fields({'"@authority"': "other.example"})),
    "an authority above it": ("signature", lambda: CRAWLER.fields({'"@authority"': "example"})),
    "a port that is not there": ("signature", lambda: CRAWLER.fields({'"@authority"': "garden.example:443"})),
    "the authority twice": (
        "signature", lambda: CRAWLER.fields(dict.fromkeys(('"@authority"', '"@authority" '), "garden.example")),
    ),
    "a name in capitals": ("signature", lambda: CRAWLER.fields({'"@Authority"': "garden.example"})),
    "another path": ("signature", lambda: CRAWLER.fields({'"@authority"': "garden.example", '"@path"': "/other"})),
    "a field that is not sent": (
        "signature", lambda: CRAWLER.fields({'"@authority"': "garden.example", '"x-none"': ""}),
    ),
    "a status": ("signature", lambda: CRAWLER.fields({'"@authority"': "garden.example", '"@status"': "200"})),
    "a line break into the base": (
        "signature", lambda: CRAWLER.fields({'"@authority"': 'x\n"@authority": garden.example'}),
    ),
    "parameters of another signature": ("signature", swapped_parameters),
    "two labels": ("form", two_labels),
    "two labels, one of another": ("form", alien_second_label),
    "the input twice": ("form", lambda: [*CRAWLER.fields(), CRAWLER.fields()[0]]),
    "the signature twice": ("form", lambda: [*CRAWLER.fields(), CRAWLER.fields()[1]]),
    "the same input twice": ("form", lambda: twice(0)),
    "the same signature twice": ("form", lambda: twice(1)),
    "the same in capitals": ("form", lambda: [*CRAWLER.fields(), (b"SIGNATURE", CRAWLER.fields()[1][1])]),
    "labels that differ": ("form", changed(INPUT, lambda value: value.replace(b"sig1", b"sig2"))),
    "no input": ("form", without(INPUT)),
    "no signature": ("form", without(SIGNATURE)),
    "an empty input": ("form", changed(INPUT, lambda value: b"")),
    "an empty signature": ("form", changed(SIGNATURE, lambda value: b"sig1=::")),
    "a signature cut short": ("form", changed(SIGNATURE, lambda value: value[:-12] + b":")),
    "an input cut short": ("signature", changed(INPUT, lambda value: value[:-4])),
    "a space in the input": ("form", changed(INPUT, lambda value: value.replace(b";", b"; ", 1))),
    "a comment behind the input": ("signature", changed(INPUT, lambda value: value + b";x")),
    "a parameter said twice": ("form", changed(INPUT, lambda value: value + b';tag="web-bot-auth"')),
    "not ASCII": ("form", changed(INPUT, lambda value: value.replace(b"web-bot", "wéb-bot".encode()))),
    "octets that are no text": ("form", changed(INPUT, lambda value: value + b"\xff\xfe")),
    "NUL": ("form", changed(INPUT, lambda value: value + b"\x00")),
    "not base64": ("form", changed(SIGNATURE, lambda value: value.replace(b"=:", b"=:*", 1))),
    "without padding": ("form", changed(SIGNATURE, lambda value: value.replace(b"==:", b":"))),
    "a token for the signature": ("form", changed(SIGNATURE, lambda value: b"sig1=ok")),
    "very long": ("form", changed(INPUT, lambda value: value + b";x=1" * 4_000)),
    "very many components": ("form", changed(INPUT, lambda value: b"sig1=(" + b'"a" ' * 20_000 + b")")),
    "brackets without end": ("signature", changed(INPUT, lambda value: b"sig1=" + b"(" * 4_000)),
    "all zeros": ("signature", lambda: signed_fields("sig1", CRAWLER.params(), bytes(64))),
}  # fmt: skip
"""What each is refused for, the end of the error's id, and how it is made."""


def mutated(dice, fields):
    """One or two octets of one field changed, dropped, doubled or exchanged."""
    place = dice.randrange(len(fields))
    name, value = fields[place]
    octets = bytearray(value)
    for _ in range(dice.choice((1, 1, 2))):
        here, there = dice.randrange(len(octets)), dice.randrange(len(octets))
        match dice.randrange(5):
            case 0:
                octets[here] ^= 1 << dice.randrange(8)
            case 1:
                octets[here] = dice.randrange(33, 127)
            case 2:
                del octets[here]
            case 3:
                octets.insert(here, octets[there])
            case _:
                octets[here], octets[there] = octets[there], octets[here]
    return [*fields[:place], (name, bytes(octets)), *fields[place + 1 :]]
