"""The part of the owner's page about data partners: what each may do, and what it was told, in the reader's words.

Rules: what a partner confirms is told as its own word; what the store does not say is told as not known.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from gatepost.asgi.pages.words import Words
from gatepost.core.crawlers import Purpose
from gatepost.core.duties import Duty
from gatepost.core.duty_words import DutyWord, late_by, word_of
from gatepost.core.partner_view import LicencePeriod, PartnerRow
from gatepost.errors import StoreError
from gatepost.wiring import Gate

__all__ = ["PartnersShown", "partners_shown"]


@dataclass(frozen=True)
class PartnersShown:
    """All partners; the template calls on it for words."""

    rows: Sequence[PartnerRow] | None
    """``None`` while the store does not say."""
    at: datetime

    def licence(self, words: Words, row: PartnerRow) -> str:
        """For what a partner is licensed, and since when."""
        ending = {"until": words.date(row.until)} if row.until and row.period in _ENDING else {}
        since = {} if row.period is LicencePeriod.ENDED else {"since": words.date(row.since)}
        return words.say(f"partners.licence.{row.period}", purposes=_purposes(words, row.purposes), **since, **ending)

    def shared(self, words: Words, row: PartnerRow) -> str:
        """What may be handed to a partner."""
        if not row.shared:
            return words.say("partners.not-shared")
        return words.say("partners.shared", purposes=_purposes(words, row.shared))

    def subject(self, words: Words, duty: Duty) -> str:
        """What a notice was about."""
        notice = duty.notice
        if notice.item:
            return words.say("duty.item", item=notice.item.id)
        about = words.say(f"purpose.{notice.purpose}.name") if notice.purpose else words.say("duty.every-purpose")
        return f"{about} · {', '.join(notice.paths)}" if notice.paths else about

    def sentence(self, words: Words, duty: Duty) -> str:
        """How things stand with a notice."""
        said = words.say(f"duty.{word_of(duty)}", **_values(words, duty))
        late = late_by(duty, self.at) is not None and duty.deadline
        return f"{said} {words.say('duty.overdue', by=words.date(late))}" if late else said


_ENDING = frozenset({LicencePeriod.UNTIL, LicencePeriod.ENDED})


_SINCE: dict[DutyWord, Callable[[Duty], datetime | None]] = {
    DutyWord.REMOVED: lambda duty: duty.removed,
    DutyWord.REFUSED: lambda duty: duty.refused,
    DutyWord.STOPPED: lambda duty: duty.stopped,
    DutyWord.REMOVAL_OPEN: lambda duty: duty.stopped,
    DutyWord.RESTORED: lambda duty: duty.delivered,
    DutyWord.TOLD: lambda duty: duty.delivered,
}
"""Since when it is so; for the others, when the notice was written."""


def _values(words: Words, duty: Duty) -> dict[str, str]:
    """What the sentence about a duty may call for."""
    begun = _SINCE.get(word_of(duty))
    since = begun(duty) if begun else None
    asked = words.say(f"duty.asked.{duty.notice.action}")
    return {"at": words.date(since or duty.written), "asked": asked, "version": duty.version, "reason": duty.reason}


def _purposes(words: Words, purposes: Sequence[Purpose]) -> str:
    return words.listed([words.say(f"purpose.{purpose}.name") for purpose in purposes])


async def partners_shown(gate: Gate, host: str) -> PartnersShown:
    """What the page shows of a site's partners."""
    rows: Sequence[PartnerRow] | None = None
    with suppress(StoreError):
        rows = await gate.overviews.partners_of(host)
    return PartnersShown(rows, datetime.now(UTC))
