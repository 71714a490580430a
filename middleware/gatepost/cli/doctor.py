"""``gatepost doctor``: what is wrong with an installation, and how to mend it.

Rules: nothing is changed, no database is made or migrated; every finding has a stable id; passwords are never shown.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.findings import Finding, fault, ok, warning
from gatepost.cli.inputs import Database, Json, host_of
from gatepost.cli.output import emphasised, write, write_row
from gatepost.errors import GatepostError, SettingsError, SignatureFileError

if TYPE_CHECKING:
    from gatepost.settings import Settings

__all__ = ["register"]

_REVIEW_DAYS = 60
"""After so many days without a review a signature file is called stale."""

_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(
        app,
        "doctor",
        doctor,
        "gatepost doctor",
        "gatepost doctor --database sqlite:///gatepost.db --json",
        "gatepost doctor --url http://blog.localhost:8080",
        "gatepost doctor --site blog.example",
    )


def doctor(
    database: Database = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="A site on a running server, to be asked too.")] = None,
    site: Annotated[str | None, typer.Option(metavar="HOST", help="A site whose hosts are asked from outside.")] = None,
    json: Json = False,
) -> None:
    """Look at the settings, the signature file, the database, the proxies and, when asked, a running server and where
    the hosts of a site lead.

    Each finding is ok, a warning or a fault, with its id and how to mend it. Exit 1: there are faults.
    """
    faulty = False
    for finding in _findings(database, url, site):
        faulty = faulty or finding.level == "fault"
        if json:
            write_row(finding.told())
        else:
            _show(finding)
    raise typer.Exit(FINDING if faulty else 0)


def _show(finding: Finding) -> None:
    mark = emphasised(f"{finding.level:<8}", _COLOURS[finding.level])
    write(f"{mark} {finding.message}  [{finding.id}]\n")
    if finding.remedy:
        write(f"         {finding.remedy}\n")


def _findings(database: str | None, url: str | None, site: str | None) -> Iterator[Finding]:
    from gatepost.settings import read_settings

    try:
        settings = read_settings({"database": database})
    except SettingsError as error:
        yield fault(error.id, str(error), error.remedy)
        return
    yield from _settings(settings, database)
    yield from _signatures(settings)
    if settings.notice_key is not None:
        from gatepost.cli.doctor_partners import notice_key_findings

        yield from notice_key_findings(settings.notice_key)
    of_database = list(_database(settings))
    yield from of_database
    sound = any(finding.id == "database.schema" and finding.level == "ok" for finding in of_database)
    if settings.address_lists and sound:
        yield from _addresses(database)
    if sound:
        yield from _keys(database)
    yield from _proxies(settings)
    if url is not None:
        from gatepost.cli.doctor_server import server_findings

        yield from server_findings(settings, url)
    if site is not None:
        yield from _reach(database, site, sound)


def _settings(settings: "Settings", database: str | None) -> Iterable[Finding]:
    """Every setting, with where its value comes from."""
    from gatepost.settings import Settings

    for key in Settings.model_fields:
        shown = _shown(key, getattr(settings, key))
        yield ok(f"settings.{key.replace('_', '-')}", f"{key} = {shown} (from {_origin(settings, key, database)})")
    if not settings.secret:
        message = "no secret is set, so the owner's page and the control API let nobody in"
        yield warning("access.secret.none", message, "Set GATEPOST_SECRET to at least 32 octets of chance.")


def _shown(key: str, value: object) -> object:
    """A setting's value without what is secret in it."""
    if key == "database":
        return without_password(str(value))
    if not isinstance(value, tuple):
        return value
    return f"{len(value)}, not shown" if key == "secret" else ", ".join(map(str, value))


def _origin(settings: "Settings", key: str, database: str | None) -> str:
    if key == "database" and database is not None:
        return "the command line"
    if f"GATEPOST_{key.upper()}" in os.environ:
        return "the environment"
    return "gatepost.toml" if key in settings.model_fields_set else "the default"


def without_password(url: str) -> str:
    """A database URL as it may be shown."""
    scheme, separator, rest = url.partition("://")
    account, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{account.partition(':')[0]}{at}{place}"


def _signatures(settings: "Settings") -> Iterable[Finding]:
    from gatepost.core.freshness import freshness
    from gatepost.sources import load_signatures

    try:
        signatures = load_signatures(settings.signatures, settings.signatures_overlay)
    except SignatureFileError as error:
        yield fault(error.id, f"the signature file: {error}", "gatepost signatures lint shows all its faults.")
        return
    yield ok("signatures.version", f"signature file {signatures.version}, {len(signatures.crawlers)} entries")
    fresh = freshness(signatures, datetime.now(UTC).date())
    if fresh.days > _REVIEW_DAYS:
        message = f"nothing was reviewed for {fresh.days} days"
        yield warning("signatures.stale", message, "Upgrade Gatepost, or review it.")
    else:
        yield ok("signatures.reviewed", f"last reviewed {fresh.days} days ago, the oldest entry on {fresh.oldest}")
    if fresh.overdue:
        first = ", ".join(crawler.name for crawler in fresh.overdue[:5])
        message = f"{len(fresh.overdue)} entries are past their review_by: {first}"
        yield warning("signatures.review.overdue", message, "Check their sources, then raise checked and review_by.")


def _database(settings: "Settings") -> Iterable[Finding]:
    from gatepost.cli.doctor_database import database_findings

    try:
        yield from database_findings(settings.database, settings.snapshot)
    except GatepostError as error:
        yield fault(error.id, str(error), error.remedy)


def _addresses(database: str | None) -> Iterable[Finding]:
    from gatepost.cli.doctor_addresses import address_findings

    try:
        yield from address_findings(database)
    except GatepostError as error:
        yield fault(error.id, str(error), error.remedy)


def _keys(database: str | None) -> Iterable[Finding]:
    from gatepost.cli.doctor_partners import key_findings

    try:
        yield from key_findings(database)
    except GatepostError as error:
        yield fault(error.id, str(error), error.remedy)


def _reach(database: str | None, site: str, sound: bool) -> Iterable[Finding]:
    from gatepost.cli.doctor_reach import reach_findings

    if not sound:
        yield fault("reach.database", f"{site} cannot be looked up as the database is", "Mend the database first.")
        return
    try:
        yield from reach_findings(database, host_of(site))
    except GatepostError as error:
        yield fault(error.id, str(error), error.remedy)


def _proxies(settings: "Settings") -> Iterable[Finding]:
    from gatepost.settings import ForwardAuth

    if settings.trust_everyone:
        message = "the forwarded fields of everyone are believed, so that anybody can choose his address"
        yield warning("proxies.everyone", message, "Name the networks of your proxies in trusted_proxies.")
    elif settings.forward_auth is not ForwardAuth.OFF and not settings.trusted_proxies:
        message = "forward-auth is on, and no proxy is trusted"
        yield warning("proxies.none", message, "Name the network of the proxy that asks in trusted_proxies.")
    else:
        trusted = ", ".join(map(str, settings.trusted_proxies)) or "nobody"
        yield ok("proxies", f"forwarded fields are believed from {trusted}; forward-auth is {settings.forward_auth}")
