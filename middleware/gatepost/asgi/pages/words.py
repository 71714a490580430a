"""What the pages say, in the reader's language: message catalogues, and the few rules for numbers, dates and plurals.

Rules: every language has every key and the same placeholders (a test keeps it); a message is text, never markup;
English is what is spoken where nobody asked for anything else.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, time
from functools import cache
from importlib import resources

__all__ = ["LANGUAGES", "Words", "preferred", "words_in"]

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français"}
"""By tag, as their readers call them."""


@dataclass(frozen=True)
class Words:
    """One language."""

    tag: str
    messages: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """A message with its placeholders filled."""
        return self.messages[key].format(**values) if values else self.messages[key]

    def choices(self, table: str, keys: Iterable[str]) -> list[tuple[str, str]]:
        """Messages of one table, each with its key."""
        return [(key, self.say(f"{table}.{key}")) for key in keys]

    def knows(self, key: str) -> bool:
        """Whether there is such a message."""
        return key in self.messages

    def count(self, key: str, number: int, **values: object) -> str:
        """A message about a number of things; French takes 0 for singular too."""
        single = number in (0, 1) if self.tag == "fr" else number == 1
        return self.say(f"{key}.{'one' if single else 'other'}", n=self.number(number), **values)

    def number(self, number: int) -> str:
        """A number with its thousands set apart."""
        return f"{number:,}".replace(",", self.messages["format.thousands"])

    def moment(self, at: datetime) -> str:
        """A date and a time in UTC."""
        month = self.messages["format.months"].split()[at.month - 1]
        return self.say("format.moment", day=at.day, month=month, year=at.year, time=f"{at:%H:%M}")

    def date(self, at: datetime) -> str:
        """The same without the time, where it is midnight."""
        return self.moment(at) if at.time() != time() else self.day(at)

    def day(self, on: Day) -> str:
        """A day of the calendar."""
        month = self.messages["format.months"].split()[on.month - 1]
        return self.say("format.day", day=on.day, month=month, year=on.year)

    def listed(self, items: Iterable[str]) -> str:
        """Things in a row, with the language's word before the last."""
        *most, last = [*items] or [""]
        return f"{', '.join(most)} {self.messages['format.and']} {last}" if most else last


@cache
def words_in(tag: str) -> Words:
    """The words of one of :data:`LANGUAGES`."""
    text = resources.files(__package__).joinpath("catalogues", f"{tag}.toml").read_text("utf-8")
    return Words(tag, dict(_flat(tomllib.loads(text))))


def _flat(table: Mapping[str, object], above: str = "") -> Iterable[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, str(value)


def preferred(accepted: str) -> str:
    """The language that an Accept-Language value likes best of ours (RFC 9110 §12.5.4)."""
    ranked = []
    for index, part in enumerate(accepted.split(",")[:16]):
        tag, _, weight = part.partition(";")
        ranked.append((-_weight(weight), index, tag.strip().lower().partition("-")[0]))
    return next((tag for weight, _, tag in sorted(ranked) if tag in LANGUAGES and weight < 0), "en")


def _weight(text: str) -> float:
    try:
        return min(1.0, float(text.strip().removeprefix("q="))) if text.strip() else 1.0
    except ValueError:
        return 0.0
