"""The message catalogues: every language says everything, with the same placeholders."""

import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatepost.asgi import pages
from gatepost.asgi.pages.words import LANGUAGES, preferred, words_in
from gatepost.core.crawlers import HonoursRobots, Purpose, Service
from gatepost.core.duty_words import DutyWord
from gatepost.core.obstacles import ObstacleKind
from gatepost.core.overview import Cost, Enforceability
from gatepost.core.partner_view import LicencePeriod, Pass
from gatepost.core.policy import Action, Reason
from gatepost.core.preferences import Sharing, Stance
from gatepost.core.sites import ActorKind, Visibility
from gatepost.core.terms import Action as TermsAction

OTHERS = [tag for tag in LANGUAGES if tag != "en"]
ROOM = Path(pages.__file__).parent


def placeholders(message):
    return {field for _, field, _, _ in string.Formatter().parse(message) if field}


@pytest.mark.parametrize("tag", OTHERS)
def test_a_language_has_every_message(tag):
    assert words_in(tag).messages.keys() == words_in("en").messages.keys()


@pytest.mark.parametrize("tag", OTHERS)
def test_a_message_has_the_same_placeholders(tag):
    english, other = words_in("en").messages, words_in(tag).messages
    assert [key for key in english if placeholders(english[key]) != placeholders(other[key])] == []


def test_every_message_that_a_template_names_is_there():
    messages = words_in("en").messages
    named = {
        (kind, key)
        for path in (ROOM / "templates").glob("*.html")
        for kind, key in re.findall(r'w\.(say|count)\("([a-z.-]+)"[,)]', path.read_text("utf-8"))
    }
    assert len(named) > 60
    assert [key for kind, key in named if (key if kind == "say" else f"{key}.one") not in messages] == []


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("action.{}", Action),
        ("cost.{}", Cost),
        ("honours.{}", HonoursRobots),
        ("duty.{}", DutyWord),
        ("duty.asked.{}", TermsAction),
        ("history.who.{}", ActorKind),
        ("obstacle.{}", set(ObstacleKind) - {ObstacleKind.NOT_PUBLIC}),
        ("obstacle.not-public.{}", set(Visibility) - {Visibility.PUBLIC}),
        ("partners.crawler.{}", Pass),
        ("partners.licence.{}", LicencePeriod),
        ("partners.will.{}", TermsAction),
        ("partners.will.part-{}", TermsAction),
        ("purpose.{}.name", Purpose),
        ("purpose.{}.what", Purpose),
        ("reach.{}", Enforceability),
        ("reason.{}", Reason),
        ("service.{}", Service),
        ("sharing.now.{}", Sharing),
        ("stance.{}", Stance),
        ("state.{}", Stance),
        ("visibility.{}", Visibility),
    ],
)
def test_every_value_that_a_page_may_have_to_tell_has_words(key, values):
    messages = words_in("en").messages
    assert [one for value in values if (one := key.format(value)) not in messages] == []


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("de", "de"),
        ("de-AT,en;q=0.5", "de"),
        ("en;q=0.2, fr;q=0.9", "fr"),
        ("ja, fr;q=0", "en"),
        ("", "en"),
        ("*;q=x,;;,de;q=", "en"),
        ("FR-ca", "fr"),
    ],
)
def test_the_language_that_a_browser_likes_best(accepted, tag):
    assert preferred(accepted) == tag


def test_numbers_and_moments_are_spelled_as_read():
    at = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
    spelled = {tag: (words_in(tag).number(12345), words_in(tag).moment(at)) for tag in LANGUAGES}
    assert spelled == {
        "en": ("12,345", "1 March 2026, 14:02 UTC"),
        "de": ("12.345", "1. März 2026, 14:02 UTC"),
        "fr": ("12\u202f345", "1 mars 2026 à 14:02 UTC"),
    }


def test_nothing_is_singular_in_french_alone():
    assert [words_in(tag).count("preview.changes", 0) for tag in LANGUAGES] == [
        "0 lines change.",
        "0 Zeilen ändern sich.",
        "0 ligne change.",
    ]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_nothing_is_said_to_protect(tag):
    told = " ".join(words_in(tag).messages.values()).lower()
    assert not re.search(r"\b(protect|sch[uü]tz|prot[eé]g)", told)


def test_the_style_sheet_is_small():
    assert (ROOM / "static" / "page.css").stat().st_size < 20_000
