"""Reading ``crawler_signatures.yaml``: bytes in, a :class:`SignatureSet` or every fault of the file out.

    decode and read_tree    bytes -> a tree with places            core/yaml_events
    spelling and schema     the value of each key                  core/signature_schema
    rules                   keys and entries against each other    core/signature_rules

Rules: the file is hostile input and nothing half-read escapes; unless the YAML itself breaks, all faults (the first
thousand) come at once and in the order of the file; every fault has a stable id, and :data:`REMEDIES` is the list of
them. Whether a set that can be read may also be used is ``core/admission``'s to say.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import TypeVar
from unicodedata import east_asian_width

from pydantic import BaseModel

from gatepost.core.crawlers import SignatureSet
from gatepost.core.signature_rules import rule_findings
from gatepost.core.signature_schema import SignatureFile, schema_findings, spelling_findings
from gatepost.core.yaml_events import MAX_FAULTS, Fields, Finding, Node, Place, Tree, Unreadable, decode, read_tree
from gatepost.errors import Fault, FaultLevel, SignatureFileError

__all__ = ["REMEDIES", "Reading", "fault_of", "faults_of", "judge", "read_placed", "read_signatures", "show_fault"]

REMEDIES = MappingProxyType(
    {
        "signatures.file.size": "Keep the file below 1 MiB; look for parts that were copied many times over.",
        "signatures.file.utf16": "Save the file as UTF-8.",
        "signatures.file.encoding": "Save the file as UTF-8.",
        "signatures.file.control": "Delete the character; most editors can show invisible ones.",
        "signatures.file.more": "Mend the ones above and read the file again; such a file is rarely a signature file.",
        "signatures.file.proposal": (
            "Check and complete every entry; then delete this line, and move the entries into your signature file."
        ),
        "signatures.file.mapping": "Begin the file with format: 1, then version and crawlers.",
        "signatures.yaml.syntax": "Look here and a line above for indentation, a missing quote, colon or bracket.",
        "signatures.yaml.empty": "Write format, version and crawlers; an empty file is often an interrupted copy.",
        "signatures.yaml.documents": "Keep everything in one document; delete the --- line.",
        "signatures.yaml.directive": "Delete the line that begins with a percent sign.",
        "signatures.yaml.anchor": "Delete the anchor and write the value out where it is needed.",
        "signatures.yaml.alias": "Write the value out.",
        "signatures.yaml.tag": "Delete the tag; every value is plain text.",
        "signatures.yaml.merge": "Write the keys out.",
        "signatures.yaml.depth": "The format has six levels; look for stray brackets or indentation.",
        "signatures.yaml.events": "Look for a part that was copied many times over.",
        "signatures.key.text": "Write one of the keys of the format.",
        "signatures.key.duplicate": "Keep one of the two.",
        "signatures.field.missing": "Add the key.",
        "signatures.field.unknown": "Correct its spelling or its indentation, or delete it.",
        "signatures.format.unknown": "Write format: 1; a newer format needs a newer Gatepost.",
        "signatures.value.null": "Write the value, or delete the key if it is an optional one.",
        "signatures.value.unquoted": "Put the value into double quotes.",
        "signatures.value.control": "Write it on one line, with visible characters only.",
        "signatures.value.type": "Write the value in the shape that the message names; lists stand in [ ].",
        "signatures.value.choice": "Take one of the words that the message lists.",
        "signatures.value.boolean": "Write true or false.",
        "signatures.value.date": "Write year, month and day: 2026-11-22.",
        "signatures.value.pattern": "Write it as the message says.",
        "signatures.value.length": "Shorten or complete the value.",
        "signatures.value.empty": "Add an item, or delete the key if it is an optional one.",
        "signatures.value.repeated": "Keep one of the two; letter case makes no difference.",
        "signatures.name.duplicate": "Join the two entries, or name one of them otherwise.",
        "signatures.token.characters": "Write the token as it stands in user agents, in ASCII, without a final mark.",
        "signatures.token.length": "Take a token of 4 to 100 characters; a shorter one would match people.",
        "signatures.token.generic": "Take a token that only this crawler has; this one would match people or others.",
        "signatures.token.number": "Take the crawler's name as the token.",
        "signatures.token.version": "Leave the version out, so that the next one is recognised too.",
        "signatures.token.duplicate": "Leave the token in the one entry that it belongs to.",
        "signatures.tokens.none": "Add a robots token, a user-agent token, or both.",
        "signatures.robots_token.characters": "Write the product token that the operator documents, without blanks.",
        "signatures.robots_token.generic": "Take the token that the operator documents; this one names others too.",
        "signatures.robots_token.number": "Take the product token that the operator documents.",
        "signatures.robots_token.version": "Leave the version out; robots.txt names products (RFC 9309 section 2.2.1).",
        "signatures.robots_token.directive": "Take another token; old readers would take the line for a directive.",
        "signatures.robots_token.duplicate": "Leave the token in the one entry that it belongs to.",
        "signatures.robots_token.foreign": "Leave the token in the one entry that it belongs to.",
        "signatures.robots_token.missing": "Add the product token; without it no directive can say no to this crawler.",
        "signatures.service.missing": "Name the service, or the purposes.",
        "signatures.service.unexpected": "Delete the service: what takes content for a purpose is under stances.",
        "signatures.mixed_use.missing": "Say mixed_use: true if refusing it takes a site out of search, else false.",
        "signatures.mixed_use.wrong": "Delete mixed_use, or complete the purposes.",
        "signatures.governs.unknown": "Write the name of an entry of this file.",
        "signatures.governs.wire": "Delete governs, or move user_agent_tokens to an entry of their own.",
        "signatures.review.early": "Set review_by after honours_robots.checked, by half a year for example.",
        "signatures.samples.missing": "Add whole user agents: in match real ones, in no_match some that look alike.",
    }
)
"""Every fault that reading can find: its id, and what to do about it."""

_File = TypeVar("_File", bound=BaseModel)

_ERRORS: Mapping[str, FaultLevel] = MappingProxyType({})
"""No finding is less than an error."""
_SHOWN_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a signature file came to: the values, or what is wrong with it."""

    signatures: SignatureSet | None
    """``None`` where there are findings."""
    root: Node
    """The tree with its places; empty where the YAML itself breaks."""
    findings: tuple[Finding, ...]


def read_signatures(source: bytes) -> SignatureSet:
    """The signature file as values; raises :class:`SignatureFileError` with all faults if there is any."""
    reading = read_placed(source)
    if reading.signatures is None:
        raise SignatureFileError(faults_of(reading.findings))
    return reading.signatures


def read_placed(source: bytes) -> Reading:
    """The same with the places of all that the file holds; raises nothing."""
    try:
        tree = read_tree(decode(source))
    except Unreadable as end:
        return Reading(None, Fields(Place(1, 1)), (end.finding,))
    file, findings = judge(tree, SignatureFile)
    if file is None or findings:
        return Reading(None, tree.root, tuple(findings))
    crawlers = tuple(entry.crawler() for entry in file.crawlers)
    signatures = SignatureSet(file.version, hashlib.sha256(source).hexdigest(), crawlers, source)
    return Reading(signatures, tree.root, ())


def judge(tree: Tree, model: type[_File]) -> tuple[_File | None, list[Finding]]:
    """The model and all findings; the schema's word on a value counts only where nothing nearer is amiss."""
    root = tree.root
    findings = [*tree.findings, *_proposal_findings(root), *islice(spelling_findings(root), MAX_FAULTS + 1)]
    settled = {finding.place for finding in findings}
    file, more = schema_findings(root, model)
    findings += [finding for finding in more if finding.place not in settled]
    return file, findings + list(islice(rule_findings(root), MAX_FAULTS + 1))


def _proposal_findings(root: Node) -> Iterator[Finding]:
    """A file that an import wrote, and that nobody has completed yet."""
    if isinstance(root, Fields) and "proposal" in root:
        message = "this is a proposal that a person has to complete, and no signature file"
        yield Finding(root.keys_at["proposal"], "signatures.file.proposal", message)


def fault_of(
    finding: Finding, remedies: Mapping[str, str] = REMEDIES, levels: Mapping[str, FaultLevel] = _ERRORS
) -> Fault:
    """A finding as a fault with its remedy; ``levels`` has those ids that are no errors."""
    place, id, message = finding
    remedy = remedies[id] if id in remedies else REMEDIES[id]
    return Fault(*place, id, message, remedy, levels.get(id, FaultLevel.ERROR))


def faults_of(
    findings: Iterable[Finding], remedies: Mapping[str, str] = REMEDIES, levels: Mapping[str, FaultLevel] = _ERRORS
) -> tuple[Fault, ...]:
    """Findings as faults, in the order of the file, as many as anybody reads; that there are more is as bad as the last
    one that is listed."""
    listed = sorted(set(findings))
    faults = [fault_of(finding, remedies, levels) for finding in listed[:MAX_FAULTS]]
    if len(listed) > MAX_FAULTS:
        id, message = "signatures.file.more", "there are more faults than can be listed"
        faults.append(replace(faults[-1], id=id, message=message, remedy=REMEDIES[id]))
    return tuple(sorted(faults))


def show_fault(source: bytes, fault: Fault) -> str:
    """A fault as a terminal shows it: the sentence, the line of the file, a caret under the place, the remedy."""
    lines = re.split(r"\r\n|\n|\r", source.decode("utf-8-sig", "replace"))
    line = lines[fault.line - 1] if fault.line <= len(lines) else ""
    start = max(0, fault.column - 1 - _SHOWN_WIDTH // 2)
    shown = "".join(char if char.isprintable() else " " for char in line[start : start + _SHOWN_WIDTH])
    before = shown[: fault.column - 1 - start]
    indent = sum(2 if east_asian_width(char) in "WF" else 1 for char in before)
    number = str(fault.line)
    margin = " " * len(number)
    place = f"{fault.file}, " if fault.file else ""
    return (
        f"{place}line {fault.line}, column {fault.column}: {fault.message}  [{fault.id}]\n"
        f"  {number} | {shown}\n"
        f"  {margin} | {' ' * indent}^\n"
        f"  {fault.remedy}"
    )
