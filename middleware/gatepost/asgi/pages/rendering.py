"""Templates and what they call on: the reader's words for the values of the core.

Rules: everything is escaped; a value that is missing is a fault, never an empty place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from gatepost.asgi.credentials import cookie_bounds
from gatepost.asgi.pages.static_files import StaticFiles
from gatepost.asgi.pages.words import LANGUAGES, Words, preferred, words_in
from gatepost.core.crawlers import Evidence, Purpose, Service
from gatepost.core.directives.plain_words import Saying
from gatepost.core.directives.robotstxt.model import Source
from gatepost.core.partner_view import Telling
from gatepost.core.periods import Period, read_period
from gatepost.core.policy import Reason
from gatepost.core.preferences import Level, Origin, PreferenceStatement, Sharing, Stance
from gatepost.core.provenance import Because, TracedLine
from gatepost.core.state import lasting_wishes_of
from gatepost.errors import Fault, GatepostError
from gatepost.settings import Settings

__all__ = ["LANGUAGE_COOKIE", "Link", "Pages", "Told"]

LANGUAGE_COOKIE = "gatepost_language"


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to a part of the page."""

    text: str
    anchor: str


class Told:
    """The core's values in one language."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def stance(self, stance: Stance | None) -> str:
        """As a state: what is wanted."""
        return self.words.say(f"state.{stance or 'none'}")

    def purpose(self, purpose: str) -> str:
        """The name of a purpose."""
        return self.words.say(f"purpose.{purpose}.name")

    def level(self, level: Level) -> str:
        """Who speaks, other than the owner."""
        return self.words.say(f"origin.level.{_LEVELS.get(level, 'platform')}")

    def origin(self, origin: Origin | None) -> str:
        """Who said so."""
        if origin is None:
            return self.words.say("origin.level.built-in")
        if origin.level in (Level.PATH, Level.CRAWLER):
            kind = "path" if origin.level is Level.PATH else "crawler"
            if origin.by is Level.SITE:
                return self.words.say(f"origin.{kind}", name=origin.detail)
            return self.words.say(f"origin.{kind}-above", name=origin.detail, level=self.level(origin.by))
        if origin.level in (Level.REGION, Level.PLAN):
            return self.words.say(f"origin.{origin.level}", name=origin.detail)
        return self.words.say(f"origin.{_LEVELS.get(origin.level, 'site')}")

    def causes(self, line: TracedLine) -> list[Link]:
        """Where a line comes from, in a few words, each with the part of the page where that is chosen."""
        if line.source is Source.OWN:
            return [Link(self.words.say("preview.own-line", line=line.own_line or ""), "own")]
        if any(because.reason is Reason.NOT_PUBLIC for because in line.because):
            return [Link(self.words.say("preview.source.not-public"), "headline")]
        if line.because:
            return self._by_origin(line.because)
        if line.source in _SOURCES:
            return [Link(self.words.say(f"preview.source.{line.source}"), "choices")]
        return []

    def _by_origin(self, because: Sequence[Because]) -> list[Link]:
        """Who said something, each once, with the purposes that they said it for."""
        purposes: dict[Origin | None, list[Because]] = {}
        for one in because:
            purposes.setdefault(one.origin, []).append(one)
        return [Link(self._said_by(origin, said), _anchor(said[0])) for origin, said in purposes.items()]

    def _said_by(self, origin: Origin | None, said: Sequence[Because]) -> str:
        named = [self.purpose(one.purpose) for one in said if one.purpose]
        told = self.words.listed(named) if len(named) < _NAMED else self.words.say("preview.purposes", n=len(named))
        return f"{told}, {self.origin(origin)}" if named else self.origin(origin)

    def evidence(self, evidence: Evidence) -> str:
        """Where something was read of a crawler, by the host of its address, and when."""
        source = urlsplit(evidence.source).netloc or evidence.source
        return self.words.say(
            "honours.read", source=source, date=self.words.date(datetime.combine(evidence.checked, time()))
        )

    def plain(self, saying: Saying) -> str:
        """A line of the policy in plain words."""
        return self.words.say(
            f"words.{saying.sentence}",
            purpose=self.purpose(saying.purpose) if saying.purpose else "",
            stance=self.words.say(f"words.stance.{saying.stance or 'none'}"),
            path=saying.below.text if saying.below else "",
            crawler=saying.crawler,
        )

    def wish(self, wish: str) -> str:
        """A wish, such as ``ai-training=block``, for people."""
        subject, _, said = wish.rpartition("=")
        value, _, period = said.partition("@")
        during = f", {self.period(read_period(period))}" if period else ""
        if subject == "partner-sharing":
            return f"{self.words.say('history.partner-sharing')}: {self.words.say(f'history.share.{value}')}{during}"
        return f"{self.subject(subject)}: {self.words.say(f'state.{value}')}{during}"

    def wishes(self, statement: PreferenceStatement) -> list[str]:
        """What a statement says without dates."""
        return [self.wish(wish) for wish in lasting_wishes_of(statement)]

    def telling(self, telling: Telling) -> str:
        """What a data partner will be told."""
        asked, paths = telling.asked, {"paths": ", ".join(telling.asked.paths)} if telling.asked.paths else {}
        purposes = self.words.listed([self.purpose(purpose) for purpose in telling.purposes])
        key = f"partners.will.{'part-' if paths else ''}{asked.action}"
        return self.words.say(key, partner=telling.partner, purposes=purposes, **paths)

    def default(self, level: Level, name: str) -> str:
        """The platform's, a region's or a plan's default, as a title."""
        return self.words.say(f"console.defaults.of.{level}", name=name)

    def period(self, period: Period) -> str:
        """From when until when, where it has these."""
        sides = (("from", period.start), ("until", period.end))
        return " ".join(self.words.say(f"dated.{side}", time=self.words.date(at)) for side, at in sides if at)

    def subject(self, subject: str) -> str:
        """What a wish or a confirmation is about: a purpose, one below a path, a crawler, sharing."""
        path, colon, name = subject.rpartition(":")
        if name in set(Purpose):
            return f"{path} · {self.purpose(name)}" if colon else self.purpose(name)
        known = {"partner-sharing": "confirm.partner-sharing", "path exceptions": "confirm.path-exceptions"}
        return self.words.say(known[subject]) if subject in known else subject

    def subjects(self, subjects: Iterable[str]) -> list[str]:
        """Several of these."""
        return [self.subject(one) for one in subjects]

    def services(self, services: Iterable[Service]) -> str:
        """Services in a row."""
        return self.words.listed([self.words.say(f"service.{service}") for service in services])

    def error(self, error: GatepostError) -> str:
        """What went wrong and what to do about it, by its id or by the family of ids; else in English."""
        found = self._known("problem", error.id), self._known("remedy", error.id)
        return " ".join(text for text in found if text) or f"{error}. {error.remedy}"

    def oddity(self, fault: Fault) -> str:
        """What is odd about a line of the owner's own robots.txt, and what to do about it."""
        known = self.words.knows(f"oddity.{fault.id}")
        return self.words.say(f"oddity.{fault.id}") if known else f"{fault.message}: {fault.remedy}"

    def _known(self, kind: str, id: str) -> str:
        keys = (f"{kind}.{id}", f"{kind}.{id.partition('.')[0]}.any")
        return next((self.words.say(key) for key in keys if self.words.knows(key)), "")


def _anchor(because: Because) -> str:
    if because.origin and because.origin.level is Level.PATH:
        return "paths"
    return f"p-{because.purpose}" if because.purpose else "crawlers"


_NAMED = 4
"""As many purposes at once are counted and not named."""
_SOURCES = {Source.OPEN, Source.NOTHING_DENIED, Source.NOTE, Source.STATEMENT}
_LEVELS = {
    Level.BUILT_IN: "built-in",
    Level.PLATFORM: "platform",
    Level.REGION: "region",
    Level.PLAN: "plan",
    Level.KEPT: "kept",
}


class Pages:
    """Makes responses of templates."""

    def __init__(self, settings: Settings, static: StaticFiles) -> None:
        self.static = static
        self._settings = settings
        self._environment = Environment(
            loader=PackageLoader(__package__),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            Purpose=Purpose, Stance=Stance, Sharing=Sharing, Level=Level, languages=LANGUAGES, settings=settings
        )

    def words(self, request: Request) -> Words:
        """The language of a request: the one that was switched to, else the one that its browser asks for."""
        for tag in (request.query_params.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, "")):
            if tag in LANGUAGES:
                return words_in(tag)
        return words_in(preferred(request.headers.get("accept-language", "")))

    def response(self, request: Request, template: str, status: int = 200, /, **values: object) -> HTMLResponse:
        """A page, or a part of one."""
        words = self.words(request)
        base = request.scope.get("root_path", "")
        values.setdefault("here", _here(request))
        text = self._environment.get_template(template).render(
            **values,
            w=words,
            told=Told(words),
            base=base,
            static={name: f"{base}/static/{hashed}" for name, hashed in self.static.names.items()},
        )
        response = HTMLResponse(text, status)
        response.raw_headers.extend(_switched(request, base, self._settings))
        return response


def _here(request: Request) -> str:
    """The address that a page is read at again, but for the language and what was just done."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("lang", "done")]
    return request.url.path + (f"?{urlencode(kept)}" if kept else "")


def _switched(request: Request, base: str, settings: Settings) -> Iterable[tuple[bytes, bytes]]:
    """The cookie that keeps a language which was just switched to."""
    tag = request.query_params.get("lang", "")
    if tag in LANGUAGES:
        value = f"{LANGUAGE_COOKIE}={tag}; Path={base or '/'}; Max-Age=31536000; HttpOnly; {cookie_bounds(settings)}"
        yield b"set-cookie", value.encode("ascii")
