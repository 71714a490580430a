"""What ``gatepost doctor --site`` sees of a site's hosts, asked from outside."""

from collections.abc import Iterable

from gatepost.cli.commands import check_client
from gatepost.cli.findings import Finding, Level
from gatepost.cli.inputs import with_gate
from gatepost.core.reach import Reach, SiteReach

__all__ = ["reach_findings"]


def reach_findings(database: str | None, host: str) -> Iterable[Finding]:
    """A finding for every host of the site that has ``host``; raises :class:`~gatepost.errors.SiteUnknown`."""
    check_client()
    reach: SiteReach = with_gate(database, lambda gate: gate.reach.look(host))
    for one in reach.hosts:
        message, remedy = _TOLD[one.reach]
        yield Finding(_LEVELS.get(one.reach, "fault"), f"reach.{one.reach}", f"{one.host}: {message}", remedy)


_LEVELS: dict[Reach, Level] = {Reach.LIVE: "ok", Reach.EARLIER: "warning", Reach.UNKNOWN: "warning"}
_TOLD = {
    Reach.LIVE: ("answers with the robots.txt of now", ""),
    Reach.EARLIER: (
        "answers with an earlier robots.txt of ours",
        "Empty the cache in front, or wait for an hour; take a copy of the file away.",
    ),
    Reach.SHADOWED: (
        "answers with a robots.txt that is not ours, in front of Gatepost",
        "Take that file away, or route /robots.txt to Gatepost.",
    ),
    Reach.ELSEWHERE: (
        "what answers there is not behind Gatepost",
        "Point its DNS to this platform, and route its policy files to Gatepost.",
    ),
    Reach.NO_NAME: ("DNS has no address for it", "Add a record for it, or take the host from the site."),
    Reach.UNREACHABLE: ("nothing answers there, or not in time", "Look at the server, the network and the firewall."),
    Reach.CERTIFICATE: ("its certificate is not good for it", "Give the server a valid certificate for this name."),
    Reach.UNKNOWN: (
        "it cannot be told from here where it leads",
        "Ask from another machine; private_addresses = true lets hosts of a private network be asked.",
    ),
}
