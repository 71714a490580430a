"""Who came to a site, as its owner sees it: a drawing of the days, and a line in plain words for each crawler.

Rules: everything is made here, nothing is drawn by a script; the drawing says nothing that the words do not; what is
forgotten of it is gone for good, so that what is lost is told and confirmed first.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gatepost.asgi.pages.done import done_query
from gatepost.asgi.pages.doorway import Doorway
from gatepost.asgi.pages.forms import read_form
from gatepost.asgi.pages.words import Words
from gatepost.core.access import Grant, Scope
from gatepost.core.crawlers import HonoursRobots, Standing
from gatepost.core.visits import CrawlerVisits, DayVisits, Visits
from gatepost.errors import ConfirmationNeeded

__all__ = ["Bar", "VisitPages", "bars_of", "words_of"]

_DAYS = 30
_SHOWN = 20
_HEIGHT = 100.0
_WIDTH = 600.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a day's bar."""

    kind: str
    """``served``, ``after`` (served although robots.txt said no) or ``refused``."""
    x: float
    y: float
    width: float
    height: float


def bars_of(days: Iterable[DayVisits]) -> list[Bar]:
    """The bars of all days, each of up to three parts on top of one another."""
    told = [(("served", day.served - day.after), ("after", day.after), ("refused", day.refused)) for day in days]
    most = max((sum(number for _, number in parts) for parts in told), default=0)
    step = _WIDTH / max(len(told), 1)
    bars: list[Bar] = []
    for place, parts in enumerate(told):
        top = _HEIGHT
        for kind, number in parts:
            if number:
                height = max(number * _HEIGHT / most, 1.0)
                top = max(top - height, 0.0)
                bars.append(Bar(kind, round(place * step, 1), round(top, 1), round(step * 0.8, 1), round(height, 1)))
    return bars


def words_of(one: CrawlerVisits, words: Words, now: datetime) -> str:
    """A crawler in plain words, in the reader's language."""
    return f"{one.crawler}: {'; '.join([', '.join(_taken(one, words)), *_known(one, words, now)])}."


def _taken(one: CrawlerVisits, words: Words) -> Iterable[str]:
    if one.denied or one.served_after:
        yield words.count("visits.before", one.served_before)
        yield words.say("visits.after", n=words.number(one.served_after))
    else:
        yield words.count("visits.pages", one.served_before)
    if one.partners:
        yield words.say("visits.licensed", n=words.number(one.licensed), partners=words.listed(one.partners))
    elif one.licensed:
        yield words.say("visits.licensed-once", n=words.number(one.licensed))
    if one.refused:
        yield words.count("visits.refused", one.refused)


def _known(one: CrawlerVisits, words: Words, now: datetime) -> Iterable[str]:
    time = _ago(one.reading.at, words, now) if one.reading else ""
    yield words.say(f"visits.knows.{one.knowledge}", time=time)
    if one.against:
        yield words.count("visits.against", one.against)
    if one.denied and one.honours_robots is HonoursRobots.NO:
        yield words.say("visits.not-honoured")
    if one.standings == (Standing.FORGED,):
        yield words.say("visits.forged")


def _ago(then: datetime, words: Words, now: datetime) -> str:
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return words.say("visits.now")
    if minutes < 60:
        return words.count("visits.minutes", minutes)
    if minutes < 2 * 24 * 60:
        return words.count("visits.hours", minutes // 60)
    return words.count("visits.days", minutes // (24 * 60))


@dataclass(frozen=True)
class VisitPages:
    """The handlers."""

    door: Doorway

    async def show(self, request: Request, grant: Grant) -> Response:
        """Who came: a part of the owner's page, or a page of its own without JavaScript."""
        site = await self.door.site(request, grant, Scope.SITES_READ)
        visits = await self.door.gate.exposures.visits(site, _DAYS)
        template = "part_visits.html" if "hx-request" in request.headers else "visits.html"
        words = self.door.pages.words(request)
        return self.door.pages.response(
            request,
            template,
            host=request.path_params["host"],
            days=_DAYS,
            bars=bars_of(visits.days),
            most=max((day.served + day.refused for day in visits.days), default=0),
            first=words.day(visits.days[0].day) if visits.days else "",
            last=words.day(visits.days[-1].day) if visits.days else "",
            totals=_totals(visits),
            lines=[words_of(one, words, visits.at) for one in visits.crawlers[:_SHOWN]],
            more=max(len(visits.crawlers) - _SHOWN, 0),
            writable=Scope.SITES_WRITE in grant.scopes,
        )

    async def erase(self, request: Request, grant: Grant) -> Response:
        """Forget all of it, or ask for a confirmation with what is lost."""
        site, host = await self.door.site(request, grant, Scope.SITES_WRITE), request.path_params["host"]
        form, exposures = await read_form(request), self.door.gate.exposures
        try:
            await exposures.erase_confirmed(site, form.get("confirmation"))
        except ConfirmationNeeded:
            lost = await exposures.erasure(site)
            return self.door.pages.response(request, "erase.html", 409, host=host, lost=lost)
        return RedirectResponse(f"{request.scope.get('root_path', '')}/sites/{quote(host)}?{done_query('erased')}", 303)

    @property
    def handlers(self) -> dict[tuple[str, str], Callable[[Request, Grant], Awaitable[Response]]]:
        """By method and path below ``sites/{host}``."""
        return {("GET", "/visits"): self.show, ("POST", "/visits/erase"): self.erase}


def _totals(visits: Visits) -> dict[str, int]:
    """What all bars of a kind come to."""
    after = sum(day.after for day in visits.days)
    return {
        "served": sum(day.served for day in visits.days) - after,
        "after": after,
        "refused": sum(day.refused for day in visits.days),
    }
