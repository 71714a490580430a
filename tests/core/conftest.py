"""What core tests share: the real signature set, and its matcher."""

from functools import cache

import pytest

from gatepost.core.crawlers import SignatureSet
from gatepost.core.matching import Matcher
from policies import real_signatures


@cache
def _matcher() -> Matcher:
    return Matcher(real_signatures())


@pytest.fixture(scope="session")
def signatures() -> SignatureSet:
    return real_signatures()


@pytest.fixture(scope="session")
def matcher() -> Matcher:
    return _matcher()
