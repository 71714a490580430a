"""What became of a notice, in one plain sentence.

Rules: which case it is is told apart from the words (:class:`DutyWord`), so that others may say it in other languages;
a confirmation is told as the partner's word, never as our knowledge.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from gatepost.core.duties import Delivery, Duty
from gatepost.core.terms import Action

__all__ = ["DutyWord", "day_of", "late_by", "sentence_of", "word_of"]


class DutyWord(StrEnum):
    """How things stand with a notice."""

    REMOVED = "removed"
    """The partner has confirmed the removal."""
    REPLACED = "replaced"
    """A later notice has taken its place."""
    REFUSED = "refused"
    """The partner refuses; the duty stays open."""
    STOPPED = "stopped"
    """The partner has confirmed that it has stopped, which is all that was asked."""
    REMOVAL_OPEN = "removal-open"
    """That, and the removal is still to be confirmed."""
    RESTORED = "restored"
    """The partner knows that it may use the content again."""
    TOLD = "told"
    """The partner has the notice, and has confirmed nothing yet."""
    UNREACHED = "unreached"
    """It could not be delivered, and is not tried again by itself."""
    TRYING = "trying"
    """It could not be delivered yet, and is tried again."""
    WAITING = "waiting"
    """It is to be pushed, or to be fetched."""


def word_of(duty: Duty) -> DutyWord:
    """Which case a duty is."""
    if duty.removed:
        return DutyWord.REMOVED
    if duty.delivery is Delivery.SUPERSEDED:
        return DutyWord.REPLACED
    if duty.refused and duty.open:
        return DutyWord.REFUSED
    if duty.stopped:
        return DutyWord.STOPPED if duty.notice.action is Action.STOP else DutyWord.REMOVAL_OPEN
    if duty.delivered:
        return DutyWord.RESTORED if duty.notice.action is Action.RESTORE else DutyWord.TOLD
    return _on_its_way(duty)


def _on_its_way(duty: Duty) -> DutyWord:
    if duty.delivery is Delivery.UNDELIVERED:
        return DutyWord.UNREACHED
    return DutyWord.TRYING if duty.problem else DutyWord.WAITING


def late_by(duty: Duty, at: datetime) -> timedelta | None:
    """For how long something is overdue; ``None``: nothing is."""
    return at - duty.deadline if duty.deadline is not None and duty.overdue(at) else None


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_of(moment: datetime) -> str:
    """A day in UTC as people read it, whatever the locale."""
    day = moment.astimezone(UTC)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_WANTED = {
    Action.STOP: "to stop",
    Action.REMOVE_PAST: "to stop and to remove the past",
    Action.RESTORE: "that it may use the content again",
}


def sentence_of(duty: Duty, name: str, at: datetime) -> str:
    """How things stand with a notice to the partner of this name."""
    late = late_by(duty, at)
    return _sentence(duty, name) + (f" Overdue by {_length(late)}." if late is not None else "")


def _length(late: timedelta) -> str:
    days = late.days
    return f"{days} day{'s' if days > 1 else ''}" if days else "less than a day"


def _sentence(duty: Duty, name: str) -> str:
    told = f"{name} was told on {day_of(duty.delivered or duty.written)}"
    match word_of(duty):
        case DutyWord.REMOVED:
            return f"{told} and has confirmed the removal from data set {duty.version}."
        case DutyWord.REPLACED:
            return f"Replaced by a later notice to {name}."
        case DutyWord.REFUSED:
            return f'{told} and refuses: "{duty.reason}"'
        case DutyWord.STOPPED:
            return f"{told} and has confirmed that it has stopped."
        case DutyWord.REMOVAL_OPEN:
            return f"{told} and has stopped; it has not confirmed the removal yet{_until(duty.remove_by)}."
        case DutyWord.RESTORED:
            return f"{told} {_WANTED[duty.notice.action]}."
        case DutyWord.TOLD:
            return f"{told} {_WANTED[duty.notice.action]}; it has confirmed nothing yet{_until(duty.stop_by)}."
        case under_way:
            return _untold(duty, name, under_way)


def _untold(duty: Duty, name: str, word: DutyWord) -> str:
    if word is DutyWord.UNREACHED:
        return f"{name} could not be reached since {day_of(duty.written)}{_because(duty)}; the duty stays open."
    if word is DutyWord.TRYING:
        return f"{name} could not be reached yet{_because(duty)}; it is tried again."
    return f"{name} is to be told {_WANTED[duty.notice.action]}, and has not got it yet."


def _until(by: datetime | None) -> str:
    return f" (due by {day_of(by)})" if by else ""


def _because(duty: Duty) -> str:
    return f" ({duty.problem})" if duty.problem else ""
