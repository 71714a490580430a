"""``gatepost signatures show``, ``publish``, ``rollback``, ``status`` and ``key``: what the whole fleet recognises
crawlers by.

Rules: what is published has been admitted; who publishes sees every worker take it, or which does not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.faults import show_faults
from gatepost.cli.inputs import Database, Json, actor_of, read_signature_file, with_gate
from gatepost.cli.output import tell, visible, write_lines, write_octets, write_row
from gatepost.core.sites import ActorKind
from gatepost.errors import SignatureFileError

if TYPE_CHECKING:
    from gatepost.core.releases import Release
    from gatepost.core.rollouts import IssuedSet
    from gatepost.core.workers import WorkerReport
    from gatepost.service.releases import Act
    from gatepost.wiring import Gate

__all__ = ["register"]

_PAUSE_SECONDS = 0.25

As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does it, for the record.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")]
Key = Annotated[Path | None, typer.Option("--key", metavar="FILE", help="An Ed25519 private key (PEM) to sign with.")]
Wait = Annotated[
    float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long to wait for the workers; 0 is not at all.")
]


def register(signatures: typer.Typer) -> None:
    """Add the commands to the family."""
    add_command(signatures, "show", show, "gatepost signatures show > crawler_signatures.yaml")
    add_command(
        signatures,
        "publish",
        publish,
        "gatepost signatures publish crawler_signatures.yaml --shadow --reason 'two new crawlers'",
        "gatepost signatures publish crawler_signatures.yaml --percent 10",
    )
    add_command(signatures, "rollback", rollback, "gatepost signatures rollback --reason 'hits a feed reader'")
    add_command(signatures, "status", status, "gatepost signatures status", "gatepost signatures status --json")
    add_command(signatures, "key", key, "gatepost signatures key --new release-key.pem")


def show(database: Database = None) -> None:
    """Print the signature file that is in force for every site, as it is, to be changed and published again."""
    write_octets(with_gate(database, _in_force))


async def _in_force(gate: "Gate") -> bytes:
    return gate.signatures.source


def publish(
    file: Annotated[str, typer.Argument(help="A signature file; - is stdin.")],
    shadow: Annotated[
        bool, typer.Option("--shadow", help="What is new or recognises otherwise is tagged, and refused to nobody.")
    ] = False,
    percent: Annotated[
        int, typer.Option("--percent", metavar="N", min=1, max=100, help="For this share of the sites alone.")
    ] = 100,
    reason: Why = "",
    actor: As = "ops",
    key: Key = None,
    wait: Wait = 30,
    database: Database = None,
) -> None:
    """Put a signature file in force for every worker of the fleet, without a deploy.

    The way of a new crawler: --shadow (it is tagged, and status counts whom it meets), then without it, for --percent
    of the sites first where that is wanted. What was not on trial is not put in force at once. A file with faults is
    not published, and a worker that finds any keeps the set before. Exit 1: there are faults, or a worker did not
    follow.
    """
    source = read_signature_file(file)

    async def release(gate: "Gate") -> bool:
        act = _act(actor, reason, key)
        return await _followed(gate, await gate.releases.publish(source, act, shadow=shadow, percent=percent), wait)

    _run(database, release)


def rollback(reason: Why = "", actor: As = "ops", key: Key = None, wait: Wait = 30, database: Database = None) -> None:
    """Put in force again what was before the last release; run again, what was before that.

    Exit 1: a worker did not follow.
    """

    async def release(gate: "Gate") -> bool:
        return await _followed(gate, await gate.releases.rollback(_act(actor, reason, key)), wait)

    _run(database, release)


def _act(actor: str, reason: str, key: Path | None) -> "Act":
    from gatepost.service.releases import Act
    from gatepost.sources import PrivateKey

    return Act(actor_of(actor, ActorKind.OPERATOR), reason, PrivateKey.read(key).sign if key else None)


def _run(database: str | None, release: "Callable[[Gate], Awaitable[bool]]") -> None:
    try:
        followed = with_gate(database, release)
    except SignatureFileError as error:
        show_faults(error.source, error.faults, json=False)
        tell(f"nothing is published: {len(error.faults)} faults")
        raise typer.Exit(FINDING) from error
    if not followed:
        raise typer.Exit(FINDING)


async def _followed(gate: "Gate", release: "Release", wait: float) -> bool:
    """Tell what was released, and whether every worker follows within so many seconds."""
    write_lines(_release_lines(release))
    started, told = time.monotonic(), ""
    while wait:
        reports = await gate.reports.present()
        late = [one for one in reports if not _follows(one, release.number)]
        seconds = time.monotonic() - started
        line = f"{len(reports) - len(late)} of {len(reports)} workers follow after {seconds:.1f} s"
        if not late or seconds > wait:
            tell(line if reports else "no worker runs; each takes it up when it starts")
            write_lines(_late_lines(late))
            return not late
        if line.partition(" after ")[0] != told:
            told = line.partition(" after ")[0]
            tell(line)
        await asyncio.sleep(_PAUSE_SECONDS)
    return True


def _follows(report: "WorkerReport", release: int) -> bool:
    return report.release == release and not report.behind


def _late_lines(late: "Sequence[WorkerReport]") -> Iterator[str]:
    for one in late:
        why = one.refused or f"{one.behind} hosts to go" if one.behind or one.refused else "has not heard of it yet"
        yield visible(f"  {one.worker}: {why}")


def _release_lines(release: "Release") -> Iterator[str]:
    why = f": {release.reason}" if release.reason else ""
    moment = release.at.isoformat(timespec="seconds")
    yield visible(f"release {release.number}, {release.kind} {moment} by {release.actor}{why}")
    rollout = release.rollout
    yield _set_line("every site", rollout.whole)
    if rollout.part:
        yield _set_line(f"{rollout.percent} % of the sites", rollout.part)


def _set_line(where: str, issued: "IssuedSet | None") -> str:
    if issued is None:
        return f"  {where}: the file of each machine"
    trial = f", on trial: {', '.join(_names(issued))}" if issued.on_trial else ""
    return f"  {where}: version {issued.version} ({issued.sha256[:16]}){trial}"


def _names(issued: "IssuedSet") -> list[str]:
    """The crawlers that are on trial, by all tokens or by some."""
    return sorted({trial.crawler for trial in issued.on_trial})


def status(json: Json = False, database: Database = None) -> None:
    """Tell which signatures are in force, which worker runs which, and whom those on trial have met.

    Exit 1: a worker refused what was released, or does not follow it.
    """
    found = with_gate(database, lambda gate: _status(gate, json))
    raise typer.Exit(FINDING if found else 0)


async def _status(gate: "Gate", json: bool) -> bool:
    release = await gate.releases.present()
    reports = await gate.reports.present()
    number = release.number if release else 0
    late = [one for one in reports if one.refused or not _follows(one, number)]
    if json:
        write_row({"release": _told_release(release), "workers": [_told_worker(one) for one in reports]})
        return bool(late)
    own = gate.recognition.own
    write_lines(_release_lines(release) if release else ["nothing is released"])
    write_lines([f"this machine's own file: version {own.version} ({own.sha256[:16]})"])
    write_lines(_worker_lines(reports, number, "" if release else gate.recognition.own_sha256))
    write_lines(_met_lines(reports))
    return bool(late)


def _worker_lines(reports: "Sequence[WorkerReport]", number: int, own: str) -> Iterator[str]:
    """``own`` is the SHA-256 of this machine's own file while each machine goes by its own."""
    if not reports:
        yield "no worker runs"
    for one in reports:
        part = f", {one.part} for {one.percent} %" if one.part else ""
        since = one.since.isoformat(timespec="seconds")
        yield visible(f"worker {one.worker}: version {one.version}{part}, release {one.release}, since {since}")
        if own and one.own != own:
            yield visible(f"  its machine's own file is another one ({one.own[:16] or 'not told'})")
        if one.behind:
            yield f"  {one.behind} hosts still answer by the signatures before"
        if one.refused:
            yield visible(f"  refused {one.refused}")
        elif one.release != number:
            yield f"  does not follow release {number} yet"


def _met_lines(reports: "Sequence[WorkerReport]") -> Iterator[str]:
    """What signatures on trial have met, all workers together."""
    requests: dict[str, int] = {}
    samples: dict[str, dict[str, None]] = {}
    for met in (met for report in reports for met in report.met):
        requests[met.crawler] = requests.get(met.crawler, 0) + met.requests
        samples.setdefault(met.crawler, {}).update(dict.fromkeys(met.samples))
    for crawler in sorted(requests, key=lambda name: -requests[name]):
        yield visible(f"on trial, {crawler}: {requests[crawler]:,} requests would have been refused")
        yield from (f"  {visible(sample)}" for sample in list(samples[crawler])[:5])


def _told_release(release: "Release | None") -> dict[str, object] | None:
    if release is None:
        return None
    rollout = release.rollout
    return {
        "number": release.number,
        "kind": release.kind,
        "at": release.at.isoformat(),
        "actor": release.actor,
        "reason": release.reason,
        "whole": _told_set(rollout.whole),
        "part": _told_set(rollout.part),
        "percent": rollout.percent,
        "signed": bool(release.signature),
    }


def _told_set(issued: "IssuedSet | None") -> dict[str, object] | None:
    if issued is None:
        return None
    return {"version": issued.version, "sha256": issued.sha256, "on_trial": _names(issued)}


def _told_worker(report: "WorkerReport") -> dict[str, object]:
    return {
        "worker": report.worker,
        "at": report.at.isoformat(),
        "gatepost": report.gatepost,
        "release": report.release,
        "version": report.version,
        "sha256": report.sha256,
        "own": report.own or None,
        "part": report.part or None,
        "percent": report.percent,
        "since": report.since.isoformat(),
        "behind": report.behind,
        "refused": report.refused or None,
        "on_trial": [{"crawler": met.crawler, "requests": met.requests, "samples": met.samples} for met in report.met],
    }


def key(
    new: Annotated[Path | None, typer.Option("--new", metavar="FILE", help="Make a key in this new file.")] = None,
    file: Annotated[Path | None, typer.Argument(help="A private key that is there (PEM).")] = None,
) -> None:
    """Print the public key of a release key, for the setting signature_keys; with --new make the key first.

    Where signature_keys is set, workers take up no release without a signature (publish --key, rollback --key).
    """
    from gatepost.sources import PrivateKey, new_key

    if (new is None) == (file is None):
        raise typer.BadParameter("name a key file, or --new FILE")
    made = PrivateKey.read(file) if file else new_key(new or Path())
    write_lines([made.public])
