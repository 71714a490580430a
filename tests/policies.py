"""Short ways to write a policy, for tests; and random ones."""

from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from gatepost.core.crawlers import Purpose, SignatureSet
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import (
    Level,
    LevelStatement,
    PreferenceStatement,
    Stance,
    resolve,
)
from gatepost.core.signatures import read_signatures
from gatepost.core.sites import Visibility, amend
from gatepost.core.wishes import read_wish

ADDRESSES = Addresses(
    "https://blog.example/_gatepost/license.xml",
    "https://blog.example/_gatepost/tdm-policy.json",
    "https://blog.example/_gatepost/policy",
)


def statement(signatures: SignatureSet, *wishes: str) -> PreferenceStatement:
    """A statement from wishes as people write them."""
    read = [read_wish(wish, signatures) for wish in wishes]
    return amend(PreferenceStatement(), read, signatures, search_confirmed=True)


def policy(signatures: SignatureSet, *wishes: str, visibility: Visibility = Visibility.PUBLIC) -> SitePolicy:
    """The policy of a site that wants this and nothing else."""
    levels = [LevelStatement(Level.SITE, statement(signatures, *wishes))]
    return SitePolicy(resolve(levels), visibility)


SIGNATURE_FILE = Path(__file__).parents[1] / "crawler_signatures.yaml"


@cache
def real_signatures() -> SignatureSet:
    """The signature set that ships."""
    return read_signatures(SIGNATURE_FILE.read_bytes())


_stances = st.none() | st.sampled_from(Stance)
_paths = ("/", "/press/", "/press/old/", "/a*b", "/*.pdf$", "/blog", "/blog/x", "/*?s=", "/p$", "/%C3%A9/")


@st.composite
def statements(draw: st.DrawFn, signatures: SignatureSet) -> PreferenceStatement:
    """Any statement: stances, exceptions by path, exceptions by crawler."""
    wishes = [f"{purpose}={stance}" for purpose in Purpose if (stance := draw(_stances))]
    for path in draw(st.lists(st.sampled_from(_paths), max_size=3, unique=True)):
        wishes += [f"{path}:{purpose}={stance}" for purpose in Purpose if (stance := draw(_stances))]
    names = [crawler.name for crawler in signatures.crawlers]
    for name in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
        wishes.append(f"{name}={draw(st.sampled_from(Stance))}")
    return statement(signatures, *wishes)


@st.composite
def policies(draw: st.DrawFn, signatures: SignatureSet) -> SitePolicy:
    """Any policy: a platform's statement, a site's, and where the site stands."""
    levels = [
        LevelStatement(Level.PLATFORM, draw(statements(signatures))),
        LevelStatement(Level.SITE, draw(statements(signatures))),
    ]
    visibility = draw(st.sampled_from([Visibility.PUBLIC] * 5 + [Visibility.PRIVATE]))
    return SitePolicy(resolve(levels), visibility)


__all__ = ["ADDRESSES", "policies", "policy", "real_signatures", "statement", "statements"]
