"""Signatures of requests that prove nobody, each wrong in one way."""

import time

from cryptography.hazmat.primitives import hashes, hmac

from crawler_signing import Crawler, signed_fields

__all__ = ["CRAWLER", "FORGERIES", "OTHER", "mutated"]

CRAWLER, OTHER = Crawler(), Crawler()
"""The partner's, and somebody else's."""


def by_hmac():
    params = CRAWLER.params(alg="hmac-sha256")
    base = f'"@authority": garden.example\n"@signature-params": {params}'.encode()
    code = hmac.HMAC(CRAWLER.octets, hashes.SHA256())
    code.update(base)
    return params, (code.finalize() * 2)


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
    "another's key under the partner's id": lambda: OTHER.fields(keyid=CRAWLER.id),
    "another's key": lambda: OTHER.fields(),
    "no key id": lambda: CRAWLER.fields(keyid=None),
    "the key itself for its id": lambda: CRAWLER.fields(keyid=CRAWLER.x),
    "another tag": lambda: CRAWLER.fields(tag="http-message-signatures-directory"),
    "another case of the tag": lambda: CRAWLER.fields(tag="Web-Bot-Auth"),
    "no tag": lambda: CRAWLER.fields(tag=None),
    "HMAC with the public key": lambda: signed_fields("sig1", *by_hmac()),
    "HMAC with the public key, 32 octets": lambda: signed_fields("sig1", by_hmac()[0], by_hmac()[1][:32]),
    "another algorithm": lambda: CRAWLER.fields(alg="rsa-pss-sha512"),
    "an algorithm that is a number": lambda: CRAWLER.fields(alg=1),
    "expired": lambda: CRAWLER.fields(created=now(-200), expires=now(-100)),
    "older than five minutes": lambda: CRAWLER.fields(created=now(-500), expires=now(500)),
    "made in the future": lambda: CRAWLER.fields(created=now(600), expires=now(900)),
    "good for more than a day": lambda: CRAWLER.fields(created=now(), expires=now(86_401)),
    "over before it began": lambda: CRAWLER.fields(created=now(), expires=now(-1)),
    "no end": lambda: CRAWLER.fields(expires=None),
    "no beginning": lambda: CRAWLER.fields(created=None),
    "an end without bounds": lambda: CRAWLER.fields(expires=999_999_999_999_999),
    "a time as text": lambda: CRAWLER.fields(created=str(now())),
    "a time before all times": lambda: CRAWLER.fields(created=-999_999_999_999_999),
    "no nonce": lambda: CRAWLER.fields(nonce=None),
    "an empty nonce": lambda: CRAWLER.fields(nonce=""),
    "a very long nonce": lambda: CRAWLER.fields(nonce="n" * 600),
    "an unknown parameter": lambda: CRAWLER.fields(admin="yes"),
    "nothing covered": lambda: CRAWLER.fields({}),
    "no authority": lambda: CRAWLER.fields({'"@path"': "/"}),
    "the authority of what a response answers": lambda: CRAWLER.fields({'"@authority";req': "garden.example"}),
    "another authority": lambda: CRAWLER.fields({'"@authority"': "other.example"}),
    "an authority above it": lambda: CRAWLER.fields({'"@authority"': "example"}),
    "a port that is not there": lambda: CRAWLER.fields({'"@authority"': "garden.example:443"}),
    "the authority twice": lambda: CRAWLER.fields(dict.fromkeys(('"@authority"', '"@authority" '), "garden.example")),
    "a name in capitals": lambda: CRAWLER.fields({'"@Authority"': "garden.example"}),
    "another path": lambda: CRAWLER.fields({'"@authority"': "garden.example", '"@path"': "/other"}),
    "a field that is not sent": lambda: CRAWLER.fields({'"@authority"': "garden.example", '"x-none"': ""}),
    "a status": lambda: CRAWLER.fields({'"@authority"': "garden.example", '"@status"': "200"}),
    "a line break into the base": lambda: CRAWLER.fields({'"@authority"': 'x\n"@authority": garden.example'}),
    "parameters of another signature": swapped_parameters,
    "two labels": two_labels,
    "two labels, one of another": alien_second_label,
    "the input twice": lambda: [*CRAWLER.fields(), CRAWLER.fields()[0]],
    "the signature twice": lambda: [*CRAWLER.fields(), CRAWLER.fields()[1]],
    "the same input twice": lambda: twice(0),
    "the same signature twice": lambda: twice(1),
    "the same in capitals": lambda: [*CRAWLER.fields(), (b"SIGNATURE", CRAWLER.fields()[1][1])],
    "labels that differ": changed(INPUT, lambda value: value.replace(b"sig1", b"sig2")),
    "no input": without(INPUT),
    "no signature": without(SIGNATURE),
    "an empty input": changed(INPUT, lambda value: b""),
    "an empty signature": changed(SIGNATURE, lambda value: b"sig1=::"),
    "a signature cut short": changed(SIGNATURE, lambda value: value[:-12] + b":"),
    "an input cut short": changed(INPUT, lambda value: value[:-4]),
    "a space in the input": changed(INPUT, lambda value: value.replace(b";", b"; ", 1)),
    "a comment behind the input": changed(INPUT, lambda value: value + b";x"),
    "a parameter said twice": changed(INPUT, lambda value: value + b';tag="web-bot-auth"'),
    "not ASCII": changed(INPUT, lambda value: value.replace(b"web-bot", "wéb-bot".encode())),
    "octets that are no text": changed(INPUT, lambda value: value + b"\xff\xfe"),
    "NUL": changed(INPUT, lambda value: value + b"\x00"),
    "not base64": changed(SIGNATURE, lambda value: value.replace(b"=:", b"=:*", 1)),
    "without padding": changed(SIGNATURE, lambda value: value.replace(b"==:", b":")),
    "a token for the signature": changed(SIGNATURE, lambda value: b"sig1=ok"),
    "very long": changed(INPUT, lambda value: value + b";x=1" * 4_000),
    "very many components": changed(INPUT, lambda value: b"sig1=(" + b'"a" ' * 20_000 + b")"),
    "brackets without end": changed(INPUT, lambda value: b"sig1=" + b"(" * 4_000),
    "all zeros": lambda: signed_fields("sig1", CRAWLER.params(), bytes(64)),
}  # fmt: skip


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
