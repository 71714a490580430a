"""What an owner sent: a form, read strictly and bounded, and the wishes by which it differs from what the site says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.requests import Request

from gatepost.core.crawlers import Purpose, SignatureSet
from gatepost.core.periods import MOST_NOTICE, after_notice, moment_text
from gatepost.core.preferences import PreferenceStatement
from gatepost.core.state import lasting_wishes_of
from gatepost.core.wishes import Wish, read_wish
from gatepost.errors import StatementError

__all__ = ["Form", "about", "changed_wishes", "chosen_wishes", "kept", "path_rows", "read_form"]

MOST_OCTETS = 512 * 1024
"""An owner's own robots.txt of the permitted size, percent-encoded, and room to spare."""
_MOST_FIELDS = 8_192
_MOST_DIGITS = 16

INHERIT = "inherit"


@dataclass(frozen=True)
class Form:
    """The fields in order; of several with one name the last counts."""

    fields: Sequence[tuple[str, str]] = ()

    def get(self, name: str, default: str = "") -> str:
        """A field, or what stands for one that was not sent."""
        return self.values.get(name, default)

    def number(self, name: str, default: int = 0) -> int:
        """A field as a number; what is none is the default."""
        text = self.get(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else default

    @property
    def values(self) -> Mapping[str, str]:
        """The fields by name."""
        return dict(self.fields)

    def __bool__(self) -> bool:
        return bool(self.fields)


async def read_form(request: Request) -> Form:
    """The body as a form. Raises :class:`StatementError` for one that is too large or no form."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_OCTETS:
            raise StatementError("the form is too large", id="form.large", remedy="Send less text.")
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise StatementError(
            "the form cannot be read", id="form.unreadable", remedy="Send the form of the page."
        ) from error
    return Form([(name, value.replace("\r\n", "\n")) for name, value in fields])


def about(form: Form) -> str:
    """Which of the forms on the page it is: the ``choices``, the ``own`` file or the exceptions for ``crawlers``."""
    if "robots-txt" in form.values:
        return "own"
    named = any(name.startswith("crawler:") for name in form.values)
    return "crawlers" if named and "shown" not in form.values else "choices"


def chosen_wishes(form: Form) -> Iterable[str]:
    """What the form says, as wishes in words; ``inherit`` for what is to be said no longer."""
    values = form.values
    names = [*Purpose, "partner-sharing"]
    yield from (f"{name}={values[name]}" for name in names if name in values)
    for index in _indices(values, "path:"):
        path, purpose = values[f"path:{index}"].strip(), values.get(f"path-purpose:{index}", "")
        if path:
            yield f"{path}:{purpose}={values.get(f'path-stance:{index}', '')}"
    named = ((name.removeprefix("crawler:"), value) for name, value in form.fields if name.startswith("crawler:"))
    yield from (f"{name}={value}" for name, value in named)


def _shown(form: Form, statement: PreferenceStatement) -> Mapping[str, str]:
    """What the page of a form said, by subject."""
    wishes = form.get("shown").split("\n") if "shown" in form.values else lasting_wishes_of(statement)
    pairs = (wish.rpartition("=") for wish in wishes)
    return {subject: value for subject, _, value in pairs}


def kept(form: Form, statement: PreferenceStatement) -> Form:
    """A form without the choices that its page showed already, in whose place what is said now is to be shown."""
    shown = _shown(form, statement)
    choices = {*Purpose, "partner-sharing"}
    return Form(
        [(name, value) for name, value in form.fields if name not in choices or shown.get(name, INHERIT) != value]
    )


def path_rows(form: Form, statement: PreferenceStatement) -> Sequence[tuple[str, str, str]]:
    """Pattern, purpose and stance of each exception by path, as typed or else as said."""
    values = form.values
    typed = [
        (values[f"path:{index}"], values.get(f"path-purpose:{index}", ""), values.get(f"path-stance:{index}", ""))
        for index in _indices(values, "path:")
    ]
    said = [(path.pattern.text, *one) for path in statement.paths for one in path.stances.said()]
    places = {row[:2] for row in typed}
    return [*(row for row in said if row[:2] not in places), *(row for row in typed if row[0])]


def _indices(values: Mapping[str, str], prefix: str) -> Iterable[str]:
    return (name.removeprefix(prefix) for name in values if name.startswith(prefix))


def changed_wishes(
    form: Form, statement: PreferenceStatement, signatures: SignatureSet, now: datetime
) -> Sequence[Wish]:
    """The wishes by which a form differs from what its page showed, else from a statement.

    So nobody who changes one thing undoes what somebody else changed meanwhile. Where the form names dates, what
    differs is wished for that time. Raises :class:`StatementError`.
    """
    said, during = _shown(form, statement), _during(form, now)
    changed = [text for text in dict.fromkeys(chosen_wishes(form)) if _differs(text, said)]
    if during and not changed:
        raise StatementError(
            "dates are for a choice, and none is made",
            id="form.dates.alone",
            remedy="Choose what is to hold for that time, or take the dates out.",
        )
    return [read_wish(text, signatures) for text in (*(text + during for text in changed), *_taken_back(form))]


def _during(form: Form, now: datetime) -> str:
    """The time that the form names, by dates or by days of notice."""
    start, end = (form.get(name).strip() for name in ("from", "until"))
    if form.get("notice"):
        days = form.number("notice", MOST_NOTICE + 1)
        if start or days > MOST_NOTICE:
            raise StatementError(
                "a notice is a number of days, and takes the place of the date at which it begins",
                id="form.notice",
                remedy=f"Name up to {MOST_NOTICE} days, or a date.",
            )
        start = moment_text(after_notice(days, now))
    return f"@{start}..{end}" if start or end else ""


def _differs(wish: str, said: Mapping[str, str]) -> bool:
    subject, _, value = wish.rpartition("=")
    return said.get(subject, INHERIT) != value


def _taken_back(form: Form) -> Iterable[str]:
    """What was said for a time and is to be said no longer: the subject, and the period."""
    subject, at, period = form.get("take-back").rpartition("@")
    return [f"{subject}={INHERIT}@{period}"] if at else []
