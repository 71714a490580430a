"""What core tests share: the real signature set, and short ways to write a policy."""

from functools import cache
from pathlib import Path

import pytest

from gatepost.core.crawlers import SignatureSet
from gatepost.core.matching import Matcher
from gatepost.core.signatures import read_signatures

SIGNATURE_FILE = Path(__file__).parents[2] / "crawler_signatures.yaml"


@cache
def _signatures() -> SignatureSet:
    return read_signatures(SIGNATURE_FILE.read_bytes())


@cache
def _matcher() -> Matcher:
    return Matcher(_signatures())


@pytest.fixture(scope="session")
def signatures() -> SignatureSet:
    return _signatures()


@pytest.fixture(scope="session")
def matcher() -> Matcher:
    return _matcher()
