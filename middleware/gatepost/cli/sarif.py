"""Faults as SARIF 2.1.0 (OASIS), which code hosts show beside the lines of a pull request.

Rules: every rule that there is stands in the log, also when nothing broke it, so that whoever reads it later knows what
was looked for.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from gatepost.errors import Fault, FaultLevel

__all__ = ["sarif_log"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_log(
    version: str, file: str, faults: Sequence[Fault], remedies: Mapping[str, str], levels: Mapping[str, FaultLevel]
) -> dict[str, object]:
    """One run over one file; ``levels`` names the rules that are not about errors."""
    ids = list(remedies)
    rules = [_rule(id, remedies[id], levels.get(id, FaultLevel.ERROR)) for id in ids]
    driver = {"name": "Gatepost", "version": version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(fault, ids.index(fault.id), file) for fault in faults],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(id: str, remedy: str, level: FaultLevel) -> dict[str, object]:
    return {
        "id": id,
        "shortDescription": {"text": id},
        "help": {"text": remedy},
        "defaultConfiguration": {"level": level.value},
    }


def _result(fault: Fault, rule: int, file: str) -> dict[str, object]:
    place = {
        "artifactLocation": {"uri": quote(fault.file or file)},
        "region": {"startLine": fault.line, "startColumn": fault.column},
    }
    return {
        "ruleId": fault.id,
        "ruleIndex": rule,
        "level": fault.level.value,
        "message": {"text": f"{fault.message}. {fault.remedy}"},
        "locations": [{"physicalLocation": place}],
    }
