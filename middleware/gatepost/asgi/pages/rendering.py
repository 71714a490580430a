"""Templates and what they call on: the reader's words for the values of the core.

Rules: everything is escaped; a value that is missing is a fault, never an empty place.
"""

from collections.abc import Iterable

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from gatepost.asgi.doors_security import page_fields
from gatepost.asgi.pages.static_files import StaticFiles
from gatepost.asgi.pages.words import LANGUAGES, Words, preferred, words_in
from gatepost.core.crawlers import Purpose, Service
from gatepost.core.directives.robotstxt.model import Source
from gatepost.core.periods import Period, read_period
from gatepost.core.policy import Reason
from gatepost.core.preferences import Level, Origin, Sharing, Stance
from gatepost.core.provenance import Because, TracedLine
from gatepost.settings import Settings

__all__ = ["LANGUAGE_COOKIE", "Pages", "Told"]

LANGUAGE_COOKIE = "gatepost_language"


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

    def cause(self, line: TracedLine) -> str:
        """Where a line of robots.txt comes from, in a few words."""
        if line.source is Source.OWN:
            return self.words.say("preview.own-line", line=line.own_line or "")
        if any(because.reason is Reason.NOT_PUBLIC for because in line.because):
            return self.words.say("preview.source.not-public")
        if line.source is Source.STANCE and line.because:
            return "; ".join(self._because(because) for because in line.because[:3])
        return self.words.say(f"preview.source.{line.source}") if line.source in _SOURCES else ""

    def _because(self, because: Because) -> str:
        what = f"{self.purpose(because.purpose)}, " if because.purpose else ""
        return what + self.origin(because.origin)

    def anchor(self, line: TracedLine) -> str:
        """The part of the page where what a line comes from is chosen."""
        if line.source is Source.OWN:
            return "own"
        if line.source is not Source.STANCE or not line.because:
            return "choices"
        first = line.because[0]
        if first.origin and first.origin.level is Level.PATH:
            return "paths"
        return f"p-{first.purpose}" if first.purpose else "crawlers"

    def wish(self, wish: str) -> str:
        """A wish, such as ``ai-training=block``, for people."""
        subject, _, said = wish.rpartition("=")
        value, _, period = said.partition("@")
        during = f", {self.period(read_period(period))}" if period else ""
        if subject == "partner-sharing":
            return f"{self.words.say('history.partner-sharing')}: {self.words.say(f'history.share.{value}')}{during}"
        return f"{self.subject(subject)}: {self.words.say(f'state.{value}')}{during}"

    def period(self, period: Period) -> str:
        """From when until when, where it has these."""
        sides = (("from", period.start), ("until", period.end))
        return " ".join(self.words.say(f"dated.{side}", time=self.words.moment(at)) for side, at in sides if at)

    def subject(self, subject: str) -> str:
        """What a wish or a confirmation is about: a purpose, one below a path, a crawler, sharing."""
        path, colon, name = subject.rpartition(":")
        if name in set(Purpose):
            return f"{path} · {self.purpose(name)}" if colon else self.purpose(name)
        known = {"partner-sharing": "confirm.partner-sharing", "path exceptions": "confirm.path-exceptions"}
        return self.words.say(known[subject]) if subject in known else subject

    def services(self, services: Iterable[Service]) -> str:
        """Services in a row."""
        return self.words.listed([self.words.say(f"service.{service}") for service in services])

    def error(self, id: str, message: str) -> str:
        """An error by its id; in English where there are no words for it."""
        return self.words.say(f"error.{id}") if self.words.knows(f"error.{id}") else message


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
        self._static = static
        self._settings = settings
        self._fields = page_fields(settings)
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
        text = self._environment.get_template(template).render(
            **values,
            w=words,
            told=Told(words),
            base=base,
            static={name: f"{base}/static/{hashed}" for name, hashed in self._static.names.items()},
            here=request.url.path,
        )
        response = HTMLResponse(text, status)
        response.raw_headers.extend(self._fields)
        response.raw_headers.extend(_switched(request, base, self._settings))
        return response


def _switched(request: Request, base: str, settings: Settings) -> Iterable[tuple[bytes, bytes]]:
    """The cookie that keeps a language which was just switched to."""
    tag = request.query_params.get("lang", "")
    if tag in LANGUAGES:
        secure = "; Secure" if settings.public_url.startswith("https:") else ""
        value = f"{LANGUAGE_COOKIE}={tag}; Path={base or '/'}; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}"
        yield b"set-cookie", value.encode("ascii")
