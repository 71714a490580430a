"""A site or a default as ``gatepost sites show`` tells it: what it says, what holds there, who said so, since when, and
what is said for a time."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gatepost.cli.dates import dated_lines, told_dated
from gatepost.cli.origins import origins_of, since_text
from gatepost.cli.rows_written import row_of
from gatepost.cli.state import State
from gatepost.core.defaults import is_default, level_of

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["site_lines", "told_site"]


async def told_site(gate: "Gate", state: State) -> dict[str, Any]:
    """All that is told, as JSON has it."""
    subject, origins = state.subject, await origins_of(gate, state)
    return {
        **row_of(subject),
        "revision": subject.revision,
        "resolved": origins.told_preferences(lambda policy: policy.everywhere),
        "dated": told_dated(state),
    }


def _speaker(id: str) -> str:
    level, name = level_of(id)
    return f"the {level} {name}".rstrip()


def site_lines(told: dict[str, Any]) -> Iterable[str]:
    """The same for people."""
    silent = f"{_speaker(told['id'])}, for sites that say nothing of their own"
    yield ", ".join(told["hosts"]) or (silent if is_default(told["id"]) else "no host")
    yield f"  {told['visibility']}, revision {told['revision']}, id {told['id']}"
    for name, resolved in told["resolved"].items():
        stance = resolved["stance"] or "nothing said"
        yield f"  {name:<16}{stance:<14}from {resolved['origin']}{since_text(resolved)}"
    said = (wish.rpartition("=") for wish in told["wishes"])
    exceptions = [name + "=" + value for name, _, value in said if name not in told["resolved"] and "@" not in value]
    yield from dated_lines(told["dated"])
    if exceptions:
        yield f"  exceptions      {'  '.join(exceptions)}"
    if told["robots_txt"]:
        yield f"  own robots.txt  {len(told['robots_txt'].splitlines())} lines, merged into what is served"
