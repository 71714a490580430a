"""What ``gatepost doctor`` sees of the address lists of operators."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gatepost.cli.findings import Finding, ok, warning
from gatepost.cli.inputs import with_gate
from gatepost.core.address_lists import ALARM_DAYS

if TYPE_CHECKING:
    from gatepost.core.address_lists import ListStanding
    from gatepost.wiring import Gate

__all__ = ["address_findings"]

_FETCH = (
    "Let a gate run with address_lists on, and let it reach the web; gatepost signatures addresses --fetch asks now."
)


def address_findings(database: str | None) -> Iterable[Finding]:
    """A finding for each list that somebody should look at, or one for all of them."""
    standings = with_gate(database, _standings)
    today = datetime.now(UTC).date()
    wrong = [one for one in standings if one.fault or one.alarming(today)]
    had = [days for one in standings if (days := one.age(today)) is not None]
    if wrong:
        yield from map(_wrong, wrong)
    elif standings and not had:
        yield warning("addresses.none", f"none of {len(standings)} address lists is at hand", _FETCH)
    else:
        oldest = f", the oldest was found good {max(had)} days ago" if had else ""
        yield ok("addresses", f"{len(had)} of {len(standings)} address lists are at hand{oldest}")


def _wrong(one: "ListStanding") -> Finding:
    age = f"found good last on {one.good}" if one.good else "never had"
    if one.fault:
        return warning("addresses.fault", f"{one.url}, {age}: {one.fault.message} ({one.fault.id})", one.fault.remedy)
    message = f"{one.url}, {age}, more than {ALARM_DAYS} days ago"
    return warning("addresses.old", message, _FETCH)


async def _standings(gate: "Gate") -> "Sequence[ListStanding]":
    await gate.address_lists.take_up()
    return gate.address_lists.standings()
