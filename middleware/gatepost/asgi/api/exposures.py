"""The operations on what crawlers took of a site."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from gatepost.asgi.api.forms import Form
from gatepost.asgi.api.operations import Call, Done, Operation
from gatepost.asgi.api.told import Told
from gatepost.core.access import Scope
from gatepost.core.crawlers import HonoursRobots, Standing
from gatepost.core.exposure import Reading
from gatepost.core.visits import CrawlerVisits, DayVisits, Knowledge

__all__ = ["EXPOSURES", "ExposuresTold"]


class ExposuresQuery(Form):
    """Which days."""

    days: Annotated[int, Field(ge=1, le=366, description="Today and the days before it.")] = 30


class ErasureQuery(Form):
    """Whether it is meant."""

    confirmation: Annotated[
        str, Field(max_length=100, description="The token that comes with what is lost, which is answered without it.")
    ] = ""


class ErasureTold(Told):
    """What was forgotten."""

    forgotten: int = Field(description="How many counts that were.")


class ReadingTold(Told):
    """The last time that a crawler read robots.txt."""

    at: datetime
    since: datetime = Field(description="When it got the same octets for the first time.")
    sha256: str = Field(description="Of what it was given.")


class DayTold(Told):
    """One day, in UTC."""

    day: date
    served: int
    refused: int
    after: int = Field(description="Of those that were served, the ones to which robots.txt said no.")


class CrawlerExposureTold(Told):
    """What one crawler took."""

    crawler: str
    operator: str
    standings: list[Standing] = Field(description="How far it was borne out that it is that crawler.")
    honours_robots: HonoursRobots | None = Field(description="null: the signature file has it no more.")
    denied: bool = Field(description="Whether robots.txt says no to it now, where no path exception holds.")
    since: datetime | None = Field(description="Since when; null where no history tells it.")
    served_before: int = Field(description="Answers that it got while nothing spoke against it.")
    served_after: int = Field(description="Answers that it got although robots.txt said no.")
    licensed: int = Field(description="Answers that it got under a data partner's licence; in neither of the two.")
    partners: list[str] = Field(description="Whose licence that may be, by name.")
    refused: int
    failed: int = Field(description="Answers that were errors.")
    reads: int = Field(description="Of robots.txt and ai.txt.")
    against: int | None = Field(
        description="Requests against a robots.txt that it had read, or had had a day to read; null: its operator says "
        "that it does not honour robots.txt, and nothing is told of that."
    )
    octets: int
    paths: int | None = Field(description="About how many different ones it was given; null: not known.")
    first_seen: datetime
    last_seen: datetime
    reading: ReadingTold | None
    knowledge: Knowledge
    days: list[DayTold]


class ExposuresTold(Told):
    """What crawlers took of a site; counts, and nobody's address."""

    site: str
    first_day: date
    last_day: date
    crawlers: list[CrawlerExposureTold] = Field(description="Those that were served most first.")
    days: list[DayTold] = Field(description="All crawlers together.")


async def _show(call: Call[ExposuresQuery, None]) -> Done:
    visits = await call.gate.exposures.visits(await call.site(), call.query.days)
    return Done(
        ExposuresTold(
            site=visits.site,
            first_day=visits.first_day,
            last_day=visits.last_day,
            crawlers=[_crawler(one) for one in visits.crawlers],
            days=[_day(one) for one in visits.days],
        )
    )


def _crawler(one: CrawlerVisits) -> CrawlerExposureTold:
    return CrawlerExposureTold(
        crawler=one.crawler,
        operator=one.operator,
        standings=list(one.standings),
        honours_robots=one.honours_robots,
        denied=one.denied,
        since=one.since,
        served_before=one.served_before,
        served_after=one.served_after,
        licensed=one.licensed,
        partners=list(one.partners),
        refused=one.refused,
        failed=one.failed,
        reads=one.reads,
        against=one.against,
        octets=one.octets,
        paths=one.paths,
        first_seen=one.first_seen,
        last_seen=one.last_seen,
        reading=_reading(one.reading),
        knowledge=one.knowledge,
        days=[_day(day) for day in one.days],
    )


def _reading(reading: Reading | None) -> ReadingTold | None:
    if reading is None:
        return None
    return ReadingTold(at=reading.at, since=reading.since, sha256=reading.sha256.hex())


def _day(day: DayVisits) -> DayTold:
    return DayTold(day=day.day, served=day.served, refused=day.refused, after=day.after)


async def _erase(call: Call[ErasureQuery, None]) -> Done:
    site = await call.site()
    return Done(ErasureTold(forgotten=await call.gate.exposures.erase_confirmed(site, call.query.confirmation)))


EXPOSURES = (
    Operation(
        "showExposures", "GET", "/sites/{host}/exposures",
        "What crawlers took of a site, before its owner said no and after, and what they knew by then.",
        Scope.SITES_READ, _show, ExposuresTold, query=ExposuresQuery,
    ),
    Operation(
        "eraseExposures", "DELETE", "/sites/{host}/exposures",
        "Forget for good all that is counted of a site, once what is lost with it is confirmed.",
        Scope.SITES_WRITE, _erase, ErasureTold, query=ErasureQuery, writes=True, changes_sites=False,
    ),
)  # fmt: skip
"""The table's rows for it."""
