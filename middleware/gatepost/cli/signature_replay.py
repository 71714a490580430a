"""``gatepost signatures replay``: what another signature set would have done to the requests of a log.

Rules: what came is judged by ``core/replay``, and its thresholds say whether the command fails; what a stranger sent is
shown with its control characters escaped.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.inputs import Database, Json, has_database, with_gate
from gatepost.cli.log_files import Logs, log_lines
from gatepost.cli.output import emphasised, visible, write_lines, write_row
from gatepost.cli.signature_before import Before, in_force, read
from gatepost.core.clients import Client, ClientKind
from gatepost.core.crawlers import Crawler
from gatepost.core.replay import OTHERS, Changed, Replay, Replayed, Verify
from gatepost.core.replay_limits import Breach, Thresholds, breaches

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]

_DEFAULT = Thresholds()
_SHOWN = 20
_WIDTH = 160


def register(signatures: typer.Typer) -> None:
    """Add the command."""
    add_command(
        signatures,
        "replay",
        replay,
        "gatepost signatures replay access.log --new crawler_signatures.yaml",
        "gatepost signatures replay access.log.1.gz access.log --new crawler_signatures.yaml --json",
        "zcat access.log.*.gz | gatepost signatures replay - --new crawler_signatures.yaml",
    )


def replay(
    logs: Logs,
    new: Annotated[Path, typer.Option(metavar="FILE", help="The signature file to be tried.")],
    old: Annotated[Path | None, typer.Option(metavar="FILE", help="What it replaces; else the set in force.")] = None,
    search_crawlers: Annotated[
        int, typer.Option(min=0, metavar="N", help="Fail when more search crawlers would newly be refused.")
    ] = _DEFAULT.search_crawlers,
    refused_percent: Annotated[
        float, typer.Option(min=0, max=100, metavar="P", help="Fail when more of the requests would newly be refused.")
    ] = _DEFAULT.refused_percent,
    browser_requests: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Fail when more requests of browsers would newly be recognised, or refused."
        ),
    ] = _DEFAULT.browser_requests,
    lost_percent: Annotated[
        float,
        typer.Option(min=0, max=100, metavar="P", help="Fail when more of the requests would be refused no longer."),
    ] = _DEFAULT.lost_percent,
    json: Json = False,
    database: Database = None,
) -> None:
    """Replay access logs: which requests another signature file would recognise otherwise, and which it would refuse.

    Refused are those that a site which blocks all AI purposes would refuse. Logs may be in the combined format, also
    with a host in front, or JSON lines of nginx, Caddy, Traefik or Cloudflare; of any size. The file is compared with
    what was published for every site; where nothing was, with this machine's file; addresses are borne out by the
    operators' lists that the database has. Exit 1: a threshold is crossed.
    """
    before = in_force(database) if old is None else Before(read(str(old)))
    wanted = read(str(new))
    verify = with_gate(database, _of_fleet) if has_database(database) else _not_known
    replayed = _replayed(logs, Replay(before.signatures, wanted, verify))
    crossed = breaches(replayed, Thresholds(search_crawlers, refused_percent, lost_percent, browser_requests))
    if json:
        write_row({"release": before.release, **_told(replayed, crossed)})
    else:
        write_lines([f"compared with {before.told}"] if before.told else [])
        write_lines(_lines(replayed, crossed))
    if crossed:
        raise typer.Exit(FINDING)


def _replayed(logs: list[str], replay: Replay) -> Replayed:
    for format, lines in log_lines(logs):
        if format is None:
            replay.unreadable(len(lines))
        else:
            replay.take(lines, format)
    return replay.told()


async def _of_fleet(gate: "Gate") -> Verify:
    """How addresses are borne out by the lists that the fleet has."""
    await gate.address_lists.take_up()
    return gate.address_lists.covers


def _not_known(crawler: Crawler, address: str) -> bool | None:
    """Whether the address is the crawler's: no address lists are at hand."""
    return None


def _told(replayed: Replayed, crossed: Iterable[Breach]) -> dict[str, object]:
    """All that came out, as JSON has it."""
    return {
        "requests": replayed.requests,
        "unreadable": replayed.unreadable,
        "recognised": {"before": replayed.recognised_before, "after": replayed.recognised_after},
        "changed": replayed.changed,
        "newly_refused": replayed.newly_refused,
        "no_longer_refused": replayed.no_longer_refused,
        "browsers_recognised": replayed.browsers_recognised,
        "browsers_refused": replayed.browsers_refused,
        "search_refused": list(replayed.search_refused),
        "changes": [_told_change(row) for row in replayed.changes],
        "breaches": [{"id": one.id, "message": one.message, "remedy": one.remedy} for one in crossed],
    }


def _told_change(row: Changed) -> dict[str, object]:
    return {
        "change": row.change,
        "before": row.before or None,
        "after": row.after or None,
        "requests": row.requests,
        "browser_like": row.browser_like,
        "newly_refused": row.newly_refused,
        "browsers_refused": row.browsers_refused,
        "no_longer_refused": row.no_longer_refused,
        "verified": row.verified,
        "disproved": row.disproved,
        "not_known": row.requests - row.verified - row.disproved,
        "sites": row.sites.count,
        "hosts": [{"host": host.item, "requests": host.count, "error": host.error} for host in row.hosts],
        "samples": [{"user_agent": one.user_agent, "client": _label(one.client)} for one in row.samples],
    }


def _lines(replayed: Replayed, crossed: Iterable[Breach]) -> Iterable[str]:
    """The same for people."""
    requests, skipped = replayed.requests, replayed.unreadable
    unreadable = f"; {skipped:,} lines could not be read" if skipped else ""
    yield f"{requests:,} requests{unreadable}"
    yield f"  recognised         {_of(replayed.recognised_before, requests)} before"
    yield f"                     {_of(replayed.recognised_after, requests)} after"
    yield f"  changed            {_of(replayed.changed, requests)}"
    yield f"  newly refused      {_of(replayed.newly_refused, requests)}, on a site that blocks all AI purposes"
    yield f"  no longer refused  {_of(replayed.no_longer_refused, requests)}"
    for row in replayed.changes[:_SHOWN]:
        yield ""
        yield from _change_lines(row, requests)
    if len(replayed.changes) > _SHOWN:
        yield from ("", f"and {len(replayed.changes) - _SHOWN:,} more; --json has them all")
    for breach in crossed:
        yield from ("", f"{emphasised(breach.id, 'red')}: {breach.message}", f"  {breach.remedy}")


def _of(number: int, requests: int) -> str:
    return f"{number:>12,}  {100 * number / max(requests, 1):.3g} %"


def _change_lines(row: Changed, requests: int) -> Iterable[str]:
    yield f"{row.change}: {_who(row)}"
    yield f"  requests           {_of(row.requests, requests)}, to {_sites(row)}"
    yield f"  like a browser     {_of(row.browser_like, row.requests)} of them"
    yield f"  newly refused      {_of(row.newly_refused, row.requests)}"
    yield f"  no longer refused  {_of(row.no_longer_refused, row.requests)}"
    yield f"  from its operator  {_verified(row)}"
    for sample in row.samples:
        yield f"    {visible(sample.user_agent)[:_WIDTH]}  ({visible(_label(sample.client))})"


def _who(row: Changed) -> str:
    if row.before == OTHERS:
        return "crawlers that found no row of their own"
    if row.before == row.after or not row.before:
        return row.after
    return f"{row.before} -> {row.after}" if row.after else row.before


def _sites(row: Changed) -> str:
    if not row.hosts:
        return "sites that the log does not name"
    return f"about {row.sites.count:,} sites, most to {', '.join(host.item for host in row.hosts)}"


def _verified(row: Changed) -> str:
    known = row.verified + row.disproved
    if not known:
        return "not known: no address lists are at hand".rjust(12)
    return f"{_of(row.verified, known)} of the {known:,} whose address could be checked"


_LABELS = {
    ClientKind.ROBOT: "a robot by its own account",
    ClientKind.SILENT: "does not say what it is",
    ClientKind.BROWSER: "{0.name} on {0.system}",
    ClientKind.PROGRAM: "{0.name}",
}


def _label(client: Client) -> str:
    return _LABELS[client.kind].format(client)
