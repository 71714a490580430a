"""Every version of the signature file that ships is told on a page, the newest first."""

import re

from gatepost.core.freshness import freshness
from house.source_tree import CHECKOUT
from policies import real_signatures

HEADING = re.compile(r"^## ([0-9]+)\.([0-9]+)\.([0-9]+) \(([0-9]{4}-[0-9]{2}-[0-9]{2})\)$", re.MULTILINE)
TOLD = HEADING.findall((CHECKOUT / "docs" / "signatures-changelog.md").read_text(encoding="utf-8"))


def test_the_newest_version_told_is_the_file_s():
    assert ".".join(TOLD[0][:3]) == real_signatures().version


def test_the_versions_told_go_down():
    versions = [tuple(map(int, told[:3])) for told in TOLD]
    assert versions == sorted(set(versions), reverse=True)


def test_a_version_is_no_older_than_its_newest_review():
    signatures = real_signatures()
    newest = freshness(signatures, max(crawler.review_by for crawler in signatures.crawlers)).newest
    assert TOLD[0][3] >= newest.isoformat()
