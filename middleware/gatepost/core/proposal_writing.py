"""The text of a proposal: a signature file in the making, for a person to complete.

Rules: it begins with a key of its own, so that nothing takes it for a signature file before a person deleted that line;
every value says which list, which edition and which field it comes from; what others wrote is shown on one line, cut
and without what cannot be seen.
"""

import re
from collections.abc import Iterator, Sequence

from gatepost.core.crawlers import AI_PURPOSES, SignatureSet
from gatepost.core.other_lists import OtherList
from gatepost.core.proposal_parts import Part
from gatepost.core.proposals import Proposed, Verdict
from gatepost.core.signature_writing import Field, comment, entry_lines, text_field
from gatepost.core.yaml_events import quoted

__all__ = ["MOST_NEW", "is_proposal", "write_proposal"]

MOST_NEW = 200
"""Entries of one proposal, as many as a person completes; those that have to do with AI come first."""

_PROPOSAL = re.compile(rb"^proposal:", re.MULTILINE)

_ABOUT = """\
A proposal, and no signature file yet: {new} of the crawlers in {title} that are not in signature file {version}.

To complete it: read the operator's page of each entry, correct what is uncertain, add what is missing, delete what you
do not want. Delete the line that begins with `proposal`, see that `gatepost signatures lint` has nothing to say, and
move the entries into your signature file or your overlay."""

_MORE = """

{more} more are left out. Complete these and import again: what is in the signature file then makes room for them."""


def is_proposal(octets: bytes) -> bool:
    """Whether a file is a proposal, and so may be replaced by another."""
    return _PROPOSAL.search(octets) is not None


def write_proposal(other: OtherList, proposed: Sequence[Proposed], signatures: SignatureSet) -> str:
    """The proposal as text: new crawlers as entries; what differs and what is refused as comments."""
    new = sorted((one for one in proposed if one.verdict is Verdict.NEW), key=_not_ai)
    new, more = new[:MOST_NEW], new[MOST_NEW:]
    about = _ABOUT.format(new=len(new), title=other.title, version=signatures.version)
    about += _MORE.format(more=len(more)) if more else ""
    lines = [*comment(about), *text_field("proposal", other.title).lines, "format: 1"]
    lines += [*text_field("version", signatures.version).lines, "crawlers:" if new else "crawlers: []"]
    for one in new:
        lines += _entry(other, one)
    lines += _told(proposed, Verdict.DIFFERING, "Crawlers that we have, of which the list says something else.")
    lines += _told(proposed, Verdict.REFUSED, "Refused: what the list has, and what may not be taken over as it is.")
    return "".join(f"{line}\n" for line in lines)


def _not_ai(one: Proposed) -> bool:
    purposes = one.listed.purposes
    return purposes is None or not purposes.value & AI_PURPOSES


def _entry(other: OtherList, one: Proposed) -> Iterator[str]:
    yield from comment(f"{other.title}: {quoted(one.listed.key)}", "  ")
    for remark in one.listed.remarks:
        yield from comment(remark, "  ")
    fields = [_field(other, one, part) for part in one.parts]
    yield from entry_lines(fields)


def _field(other: OtherList, one: Proposed, part: Part) -> Field:
    """A part with its source behind it, and above it what a person has to do; the name, which is first, has neither a
    doubt nor a fault.
    """
    if part.field is None:
        return Field(part.key, tuple(comment(f"{part.key}: missing; {part.told}")))
    first, *rest = part.field.lines
    source = f"  # {other.title}: {quoted(one.listed.key)}, {part.told}" if part.told else ""
    doubts = comment(f"{part.key}: uncertain; {part.doubt}") if part.doubt else []
    return Field(part.key, (*doubts, first + source, *rest))


def _told(proposed: Sequence[Proposed], verdict: Verdict, title: str) -> Iterator[str]:
    listed = [one for one in proposed if one.verdict is verdict]
    if listed:
        yield from ("", *comment(title))
    for one in listed:
        name = f"{one.crawler.name} ({quoted(one.listed.key)})" if one.crawler else quoted(one.listed.key)
        said = [f"{one.refusal.reason} ({one.refusal.id})"] if one.refusal else one.differences
        for sentence in said:
            yield from comment(f"  {name}: {sentence}")
