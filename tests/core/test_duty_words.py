"""What became of a notice, in one sentence: a case for each way that things can stand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatepost.core.crawlers import Purpose
from gatepost.core.duties import (
    Attempt,
    Delivery,
    Duty,
    Receipt,
    ReceiptKind,
    begun,
    confirmed,
    superseded,
    tried,
)
from gatepost.core.duty_words import DutyWord, late_by, sentence_of, word_of
from gatepost.core.notices import Notice
from gatepost.core.terms import Action
from gatepost.errors import ReceiptRefused

NOW = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def duty(action: Action = Action.REMOVE_PAST) -> Duty:
    notice = Notice("acme", "blog", ("blog.example",), (), action, NOW, Purpose.AI_TRAINING, number=1, id="ntc_1")
    return begun(notice, NOW, 3 * DAY, 30 * DAY, pushed=True)


def said(kind: ReceiptKind, after: Duty | None = None, **more: str) -> Duty:
    return confirmed(after or duty(), Receipt("ntc_1", kind, NOW, **more))


REMOVE, STOP, RESTORE = duty(), duty(Action.STOP), duty(Action.RESTORE)
FAILED = tried(REMOVE, Attempt(problem="503"), NOW, 0.5)
GONE = tried(FAILED, Attempt(gone=True, problem="410"), NOW, 0.5)
RECEIVED, STOPPED, REMOVED, REFUSED = ReceiptKind
DONE = said(REMOVED, version="2026-11")
NO = said(REFUSED, reason="It is public.")

CASES = [
    (REMOVE, DutyWord.WAITING, "Acme Data is to be told to stop and to remove the past, and has not got it yet."),
    (STOP, DutyWord.WAITING, "Acme Data is to be told to stop, and has not got it yet."),
    (FAILED, DutyWord.TRYING, "Acme Data could not be reached yet (503); it is tried again."),
    (
        GONE,
        DutyWord.UNREACHED,
        "Acme Data could not be reached since 28 Nov 2026 (410); the duty stays open.",
    ),
    (
        replace(GONE, delivery=Delivery.WAITING, due=NOW),
        DutyWord.TRYING,
        "Acme Data could not be reached yet (410); it is tried again.",
    ),
    (
        said(RECEIVED),
        DutyWord.TOLD,
        "Acme Data was told on 28 Nov 2026 to stop and to remove the past; it has confirmed nothing yet "
        "(due by 1 Dec 2026).",
    ),
    (
        said(STOPPED),
        DutyWord.REMOVAL_OPEN,
        "Acme Data was told on 28 Nov 2026 and has stopped; it has not confirmed the removal yet (due by 28 Dec 2026).",
    ),
    (said(STOPPED, STOP), DutyWord.STOPPED, "Acme Data was told on 28 Nov 2026 and has confirmed that it has stopped."),
    (
        DONE,
        DutyWord.REMOVED,
        "Acme Data was told on 28 Nov 2026 and has confirmed the removal from data set 2026-11.",
    ),
    (superseded(DONE), DutyWord.REMOVED, sentence_of(DONE, "Acme Data", NOW)),
    (NO, DutyWord.REFUSED, 'Acme Data was told on 28 Nov 2026 and refuses: "It is public."'),
    (said(STOPPED, NO), DutyWord.REFUSED, 'Acme Data was told on 28 Nov 2026 and refuses: "It is public."'),
    (said(REMOVED, NO, version="2026-11"), DutyWord.REMOVED, sentence_of(DONE, "Acme Data", NOW)),
    (superseded(NO), DutyWord.REPLACED, "Replaced by a later notice to Acme Data."),
    (
        said(RECEIVED, RESTORE),
        DutyWord.RESTORED,
        "Acme Data was told on 28 Nov 2026 that it may use the content again.",
    ),
]


@pytest.mark.parametrize(
    ("duty", "word", "sentence"), CASES, ids=[f"{word}-{n}" for n, (_, word, _) in enumerate(CASES)]
)
def test_every_way_that_things_can_stand(duty, word, sentence):
    assert word_of(duty) is word
    assert sentence_of(duty, "Acme Data", NOW) == sentence


@pytest.mark.parametrize("broken", ["yes.\n\n3. Nobody came", "a\rb", "a\x1b[2J", "a\x85b", "a\u2028b", "a\n"])
@pytest.mark.parametrize(("kind", "field"), [(REMOVED, "version"), (REFUSED, "reason")])
def test_a_partner_cannot_write_lines_of_its_own(kind, field, broken):
    with pytest.raises(ReceiptRefused) as refused:
        said(kind, **{field: broken})
    assert refused.value.id == "receipt.characters"


def test_every_case_is_told():
    assert {word for _, word, _ in CASES} == set(DutyWord)


@pytest.mark.parametrize(
    ("duty", "after", "told"),
    [
        (said(RECEIVED), 3 * DAY, ""),
        (said(RECEIVED), 3.5 * DAY, " Overdue by less than a day."),
        (said(RECEIVED), 4 * DAY, " Overdue by 1 day."),
        (REMOVE, 6 * DAY, " Overdue by 3 days."),
        (said(STOPPED), 6 * DAY, ""),
        (said(STOPPED), 33 * DAY, " Overdue by 3 days."),
        (DONE, 99 * DAY, ""),
        (superseded(REMOVE), 99 * DAY, ""),
        (RESTORE, 99 * DAY, ""),
    ],
)
def test_what_is_overdue_says_for_how_long(duty, after, told):
    assert sentence_of(duty, "A", NOW + after) == sentence_of(duty, "A", NOW) + told
    assert (late_by(duty, NOW + after) is not None) is bool(told)


def test_a_notice_that_was_replaced_while_it_was_under_way_was_told_nevertheless():
    late = tried(superseded(REMOVE), Attempt(accepted=True), NOW, 0.5)
    assert (late.delivered, late.due, word_of(late)) == (NOW, None, DutyWord.REPLACED)
    assert tried(superseded(REMOVE), Attempt(problem="503"), NOW, 0.5) == superseded(REMOVE)
    assert replace(late, delivered=None) == superseded(REMOVE)
