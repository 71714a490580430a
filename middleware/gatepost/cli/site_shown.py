"""A site or a default as ``gatepost sites show`` tells it: what it says, what holds there, who said so, since when, and
what is said for a time."""

from collections.abc import Iterable
from typing import Any

from gatepost.cli.rows_written import row_of
from gatepost.cli.told import dated_lines, held_lines, told_dated, told_held
from gatepost.core.defaults import is_default, level_of
from gatepost.core.origins import Origins

__all__ = ["site_lines", "told_site"]


def told_site(origins: Origins) -> dict[str, Any]:
    """All that is told, as JSON has it."""
    subject = origins.state.subject
    return {
        **row_of(subject),
        "revision": subject.revision,
        "resolved": told_held(origins.held(lambda policy: policy.everywhere)),
        "dated": told_dated(origins.dated()),
    }


def _speaker(id: str) -> str:
    level, name = level_of(id)
    return f"the {level} {name}".rstrip()


def site_lines(told: dict[str, Any]) -> Iterable[str]:
    """The same for people."""
    silent = f"{_speaker(told['id'])}, for sites that say nothing of their own"
    yield ", ".join(told["hosts"]) or (silent if is_default(told["id"]) else "no host")
    yield f"  {told['visibility']}, revision {told['revision']}, id {told['id']}"
    yield from held_lines(told["resolved"])
    said = (wish.rpartition("=") for wish in told["wishes"])
    exceptions = [name + "=" + value for name, _, value in said if name not in told["resolved"] and "@" not in value]
    yield from dated_lines(told["dated"])
    if exceptions:
        yield f"  exceptions      {'  '.join(exceptions)}"
    if told["robots_txt"]:
        yield f"  own robots.txt  {len(told['robots_txt'].splitlines())} lines, merged into what is served"
