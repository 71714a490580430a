"""What a client looks like by its user agent: with which signs, and under which name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.core.likeness import OCTETS_READ, Kind, Sign, likeness_of

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
PHONE = "Mozilla/5.0 (Linux; Android 9; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36"

CRAWLERS = {
    "Qorabot/1.0": ("Qorabot", [Sign.NAME]),
    "QORABOT": ("QORABOT", [Sign.NAME]),
    "Mozilla/5.0 (compatible; Qora-Crawler/2.1; +https://qora.example/about)": (
        "Qora-Crawler",
        [Sign.NAME, Sign.CONTACT],
    ),
    "Mozilla/5.0 (compatible; Qora Link Checker 2)": ("Link Checker", [Sign.NAME]),
    "Mozilla/5.0 (compatible; QoraReader/1; +https://qora.example)": ("QoraReader", [Sign.CONTACT]),
    "QoraReader 1.2 (ops@qora.example)": ("QoraReader", [Sign.CONTACT]),
    "QoraReader (+qora.example/about)": ("QoraReader", [Sign.CONTACT]),
    f"{CHROME} Qoraspider/3": ("Qoraspider", [Sign.NAME]),
    f"{CHROME} (compatible; Qora-Fetcher/1.0)": ("Qora-Fetcher", [Sign.NAME, Sign.COMPATIBLE]),
    f"{CHROME} (compatible; Qora-User/1.0)": ("Qora-User", [Sign.COMPATIBLE]),
    f"{CHROME} (see www.qora.example)": ("see", [Sign.CONTACT]),
    CHROME.replace("like Gecko", "like Gecko; compatible; Qora-User/0.1"): ("Qora-User", [Sign.COMPATIBLE]),
    CHROME.replace("Chrome", "HeadlessChrome"): ("HeadlessChrome", [Sign.HEADLESS]),
    "Mozilla/5.0 (Windows NT 10.0; Qorabot/1.0) Gecko/20100101 Firefox/128.0": ("Qorabot", [Sign.NAME]),
    "curl/8.11.0": ("curl", [Sign.LIBRARY]),
    "python-requests/2.6.0 CPython/2.7.5 Linux/3.10": ("python-requests", [Sign.LIBRARY]),
    "Qora/1.0 python-requests/2.32.3": ("python-requests", [Sign.LIBRARY]),
    "Faraday v2.12.0": ("Faraday", [Sign.LIBRARY]),
    "Qora Platform 3.1": ("Qora Platform", [Sign.NO_ENGINE]),
    "QoraPlatform/3.1 (internal)": ("QoraPlatform", [Sign.NO_ENGINE]),
    "Mozilla/5.0 (compatible; Qora)": ("Qora", [Sign.NO_ENGINE]),
    "bot": ("bot", [Sign.NAME]),
}


@pytest.mark.parametrize(("user_agent", "told"), CRAWLERS.items())
def test_a_crawler_has_signs_and_a_name(user_agent, told):
    likeness = likeness_of(user_agent.encode())
    assert (likeness.kind, likeness.product, list(likeness.signs)) == (Kind.CRAWLER, *told)


OTHERS = {
    CHROME: Kind.BROWSER,
    CHROME.lower(): Kind.BROWSER,
    PHONE.format("CUBOT X19"): Kind.BROWSER,
    PHONE.format("CUBOT_P20 Build/O11019"): Kind.BROWSER,
    PHONE.format("Spider 8"): Kind.BROWSER,
    PHONE.format("K") + " (Ecosia android@110.0.5481.65)": Kind.BROWSER,
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.0; Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1) ; SLCC1)": (
        Kind.BROWSER
    ),
    f"{CHROME} Abbott/1.0 Botticelli/2": Kind.BROWSER,
    "Lynx/2.9.2 libwww-FM/2.14": Kind.BROWSER,
    "Qora/5.2 CFNetwork/1568.200.51 Darwin/24.1.0": Kind.APP,
    "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7)": Kind.APP,
    "": Kind.SILENT,
    " - ": Kind.SILENT,
    "Mozilla/5.0": Kind.SILENT,
    "Mozilla/5.0 (compatible)": Kind.SILENT,
}


@pytest.mark.parametrize(("user_agent", "kind"), OTHERS.items())
def test_others_have_neither(user_agent, kind):
    likeness = likeness_of(user_agent.encode())
    assert (likeness.kind, likeness.product, likeness.signs) == (kind, "", ())


@pytest.mark.parametrize("version", ["", "/1.0", "/2.3.4-beta", " 5", " v6.1", "/7 (x; y)"])
def test_versions_are_one_product(version):
    assert likeness_of(f"Qorabot{version}".encode()).product == "Qorabot"


def test_only_the_beginning_is_read():
    assert likeness_of(CHROME.encode().ljust(OCTETS_READ) + b" Qorabot/1.0").kind is Kind.BROWSER


@given(st.binary(max_size=700))
def test_any_octets_have_a_likeness(octets):
    likeness = likeness_of(octets)
    assert bool(likeness.signs) is bool(likeness.product) is (likeness.kind is Kind.CRAWLER)
    assert likeness.product.isascii()
    assert likeness.product.isprintable()
    assert len(likeness.product) <= 60
