"""A pack to complain with: an evidence bundle, and with it what partners were told and crawlers took, in plain words.

Rules: it says what is known and what is not; a confirmation is told as the partner's word; nothing of another site is
in it, and nothing of any visitor.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from gatepost.cli.evidence import evidence_files, json_octets, packed
from gatepost.cli.ledger_rows import csv_of, told_visits
from gatepost.cli.ledger_words import words_of
from gatepost.cli.output import visible
from gatepost.core.duties import Duty
from gatepost.core.duty_words import day_of, sentence_of
from gatepost.core.notices import body_of
from gatepost.core.sites import Site
from gatepost.core.state import wishes_of
from gatepost.core.terms import Action
from gatepost.errors import GatepostError
from gatepost.storage.engines import database_of
from gatepost.storage.proofs import receipts_about

if TYPE_CHECKING:
    from gatepost.core.visits import CrawlerVisits, Visits
    from gatepost.wiring import Gate

__all__ = ["complaint_pack"]

_FILES = """What is in this pack

  statement.json, statement.txt   what the owner says, and what each file in served/ comes from
  served/                         the exact octets that are served to crawlers
  notices.json                    every notice to a data partner about this site, and what became of it
  crawlers.json, crawlers.csv     who came, by day: counts and times, no address of anybody
  proofs.json, verify.py          python3 verify.py checks that the owner's statements, all notices and the answers to
                                  them stand in the record, and that notices.json says what they say

What it does not show

  This letter, crawlers.json and crawlers.csv are made by the platform from what it counted and knows; verify.py checks
  that nobody has changed them since, as it does by files.json for each file. That a push reached a partner, and by when
  an answer was due, is the platform's word as well, until the partner answers.
  A crawler is counted by the name that it gives itself, unless its standing is "verified". One that calls itself a
  browser is not counted at all. What a partner confirms is its word.
"""


async def complaint_pack(gate: "Gate", site: Site, days: int) -> bytes:
    """The pack about a site, as of now, with what crawlers took in so many days.

    Raises :class:`~gatepost.errors.GatepostError` for a site that has no host any more.
    """
    if not site.hosts:
        raise GatepostError(
            f"{site.id} has no host any more, and so nothing that is served",
            id="cli.complaint.host",
            remedy="gatepost record evidence HOST --at TIME is of a time when it had one; "
            f"gatepost notices list --site id:{site.id} and gatepost ledger report tell the rest.",
        )
    now = datetime.now(UTC)
    duties, entries = await _notices(gate, site)
    names = {partner.id: partner.name for partner in await gate.store.partners()}
    visits = await gate.exposures.visits(site, days)
    counts = await gate.exposures.counts(site.id, visits.first_day)
    evidence = await evidence_files(gate, site.host, now, entries)
    files = {
        **evidence,
        "complaint.txt": "\n".join(_letter(site, duties, names, visits, now)).encode(),
        "notices.json": json_octets([_told(duty) for duty in duties]),
        "crawlers.json": json_octets(told_visits(visits)),
        "crawlers.csv": csv_of(counts).encode(),
    }
    return packed(files)


async def _notices(gate: "Gate", site: Site) -> tuple[Sequence[Duty], set[int]]:
    """What partners were told, and the numbers of the notices and of the answers to them, all of one moment."""
    database = database_of(gate.settings.database)
    try:
        duties = await gate.store.duties_of_site(site.id)
        while True:
            notices = {duty.notice.number for duty in duties}
            entries = notices | await database.run(partial(receipts_about, notices=notices), long=True)
            before, duties = duties, await gate.store.duties_of_site(site.id)
            if duties == before:  # else an answer has come in between
                return duties, entries
    finally:
        await database.close()


def _letter(
    site: Site, duties: Sequence[Duty], names: Mapping[str, str], visits: "Visits", now: datetime
) -> Iterable[str]:
    hosts = ", ".join(site.hosts)
    yield f"Content of {site.host}: what its owner said, and what became of it"
    yield f"Made on {day_of(now)} (UTC) from the record of the platform that hosts it."
    yield from ("", f"The site: {hosts} ({site.id}), revision {site.revision}, {site.visibility}", "")
    yield "1. What the owner says"
    yield from _listed(wishes_of(site.statement), "Nothing of its own: the platform's defaults hold.")
    yield from ("", "2. What data partners were told, and what they confirm")
    yield from _listed([_sentence(duty, names, now) for duty in duties], "No notice was due.")
    against = [one for one in visits.crawlers if one.against]
    yield from ("", f"3. Who came against it, from {visits.first_day} to {visits.last_day}")
    yield from _listed([_against(one, visits.at) for one in against], "Nobody, as far as was counted.")
    yield from ("", "4. All crawlers that came in these days")
    yield from _listed([words_of(one, visits.at) for one in visits.crawlers], "None that is known.")
    yield from ("", _FILES)


_ASKED = {
    Action.STOP: "asked to use nothing more of",
    Action.REMOVE_PAST: "asked to remove all of",
    Action.RESTORE: "told that it may again use",
}


def _listed(lines: Sequence[str], otherwise: str) -> Iterable[str]:
    yield from (f"  - {visible(line)}" for line in lines or [otherwise])


def _sentence(duty: Duty, names: Mapping[str, str], now: datetime) -> str:
    notice = duty.notice
    about = f"item {notice.item.id}" if notice.item else ", ".join(notice.paths) or "the site"
    partner = names.get(notice.partner, notice.partner)
    use = f" ({notice.purpose})" if notice.purpose else ""
    return (
        f"{day_of(duty.written)}, {_ASKED[notice.action]} {about}{use}: {sentence_of(duty, partner, now)} [{notice.id}]"
    )


def _against(one: "CrawlerVisits", now: datetime) -> str:
    denied = f", to which robots.txt says no since {day_of(one.since)}" if one.since else ""
    return (
        f"{one.crawler} of {one.operator}{denied}: {one.against:,} requests for what was denied. {words_of(one, now)}"
    )


def _told(duty: Duty) -> Mapping[str, object]:
    times = {
        name: moment.isoformat() if moment else None
        for name, moment in (
            ("written", duty.written),
            ("delivered", duty.delivered),
            ("stopped", duty.stopped),
            ("removed", duty.removed),
            ("refused", duty.refused),
        )
    }
    said = {
        "partner": duty.notice.partner,
        "delivery": duty.delivery.value,
        "attempts": duty.attempts,
        "open": duty.open,
    }
    answers = {"dataset_version": duty.version, "reason": duty.reason, "problem": duty.problem}
    body = body_of(duty.notice, duty.stop_by, duty.remove_by).decode("ascii")
    return {**said, **times, **answers, "sent": body}
