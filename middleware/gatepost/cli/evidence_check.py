"""Checks an evidence bundle of Gatepost; it needs nothing but Python 3, and knows nothing of Gatepost.

    python3 verify.py [BUNDLE.zip] [CHAIN:NUMBER:DIGEST ...]

Without a ZIP file it checks the folder that it lies in. A head that you noted yourself (CHAIN:NUMBER:DIGEST, as
`gatepost record head` prints it) is compared with the bundle's, if that has this number. Exit status: 0 everything
agrees, 1 something does not.
"""

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any


def sha256(octets: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(octets).hexdigest()


def members(place: Path) -> dict[str, bytes]:
    """The files of a bundle, by name. A damaged ZIP raises an error."""
    if place.is_dir():
        found = (path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(place).as_posix(): path.read_bytes() for path in found}
    with zipfile.ZipFile(place) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def jump(number: int) -> int:
    """The number of the entry that an entry links back to, beside the one before it."""
    rest, weight = number, 0
    while rest:
        weight = (1 << ((rest + 1).bit_length() - 1)) - 1
        rest -= weight
    return number - weight


def stands_under(entry: dict[str, Any], head: dict[str, Any]) -> bool:
    """Whether an entry's proof leads from the head to its content."""
    number, due = head["number"], head["digest"]
    for step in entry["proof"]:
        sealed = b"\x01" + b"".join(bytes.fromhex(step[name]) for name in ("previous", "jumped", "leaf"))
        if step["number"] != number or sha256(sealed) != due:
            return False
        if number == entry["number"]:
            return bool(step["leaf"] == sha256(b"\x00%d\n%b" % (number, entry["content"].encode())))
        if jump(number) >= entry["number"]:
            number, due = jump(number), step["jumped"]
        else:
            number, due = number - 1, step["previous"]
    return False


def faults(files: dict[str, bytes], noted: list[str]) -> Iterator[str]:
    """In words, everything that does not agree."""
    listed = json.loads(files["files.json"])
    for name in sorted((files.keys() | listed.keys()) - {"files.json"}):
        if name not in files or listed.get(name) != sha256(files[name]):
            yield f"{name} is not the file that was put into the bundle"
    proofs = json.loads(files["proofs.json"])
    for entry in proofs["entries"]:
        if not stands_under(entry, proofs["heads"][entry["chain"]]):
            yield f"entry {entry['number']} of {entry['chain']} is not shown to stand under the head"
    said = {chain: [json.loads(entry["content"]) for entry in proofs["entries"] if entry["chain"] == chain]
            for chain in ("events", "publications")}  # fmt: skip
    site = json.loads(files["statement.json"])["site"]
    yield from history_faults(said["events"], site)
    yield from octets_faults(said["publications"], files)
    yield from notices_faults(proofs["entries"], json.loads(files.get("notices.json", b"[]")), site)
    for chain, number, digest in (text.split(":") for text in noted):
        head = proofs["heads"][chain]
        if head["number"] == int(number) and head["digest"] != digest:
            yield f"the head that you noted is another one: {chain}:{number}"


def history_faults(events: list[dict[str, Any]], site: str) -> Iterator[str]:
    """Whether all events of one site are there."""
    if [event["revision"] for event in events] != list(range(1, len(events) + 1)):
        yield "the site's history is not whole"
    if {event["site"] for event in events} - {site}:
        yield "the history is of another site"


def octets_faults(publications: list[dict[str, Any]], files: dict[str, bytes]) -> Iterator[str]:
    """Whether the entries name what was served, the signature file, and what the octets were rendered from."""
    named = {name for entry in publications for name in json.loads(entry["content"])["blobs"]}
    keys = {entry["key"] for entry in publications}
    for name, octets in sorted(files.items()):
        sealed = name == "signatures.yaml" or (name.startswith("served/") and name != "served/fields")
        if sealed and sha256(octets) not in named:
            yield f"{name} is named by no entry of the record"
        if name.startswith("causes/") and sha256(octets) not in keys:
            yield f"{name} is not what any entry was rendered from"


def notices_faults(entries: list[dict[str, Any]], told: list[dict[str, Any]], site: str) -> Iterator[str]:
    """Whether every notice of the record is told, each as the record has it, with what its partner answered."""
    notices = {notice_id(entry): sealed for entry, sealed in sealed_as(entries, "notice")}
    answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for _, sealed in sealed_as(entries, "receipt"):
        said = json.loads(sealed["content"])
        answers.setdefault((sealed["key"], said["notice"]), []).append(said | {"at": sealed["at"]})
    by_id = {json.loads(one["sent"])["data"]["id"]: one for one in told}
    for id in sorted(notices.keys() ^ by_id.keys()):
        yield f"the notice {id} is not both in the record and in notices.json"
    for id in sorted(notices.keys() & by_id.keys()):
        key = notices[id]["key"]
        if as_sent(by_id[id]) != as_sealed(id, notices[id]) or json.loads(notices[id]["content"])["site"] != site:
            yield f"the notice {id} is not the one that is in the record"
        if as_answered(by_id[id]) != as_confirmed(answers.get((key, id), [])):
            yield f"what {key} answered to the notice {id} is not what is in the record"


def sealed_as(entries: list[dict[str, Any]], kind: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The publications of a kind in order, each with what is sealed of it."""
    for entry in sorted(entries, key=lambda entry: entry["number"]):
        sealed = json.loads(entry["content"])
        if entry["chain"] == "publications" and sealed["kind"] == kind:
            yield entry, sealed


def notice_id(entry: dict[str, Any]) -> str:
    """Which follows from the digest of its entry, the last step of the proof."""
    step = entry["proof"][-1]
    digest = sha256(b"\x01" + b"".join(bytes.fromhex(step[name]) for name in ("previous", "jumped", "leaf")))
    return f"ntc_{digest[:32]}"


def as_sent(told: dict[str, Any]) -> list[Any]:
    """Of a notice that is told, what the record has as well; the deadlines follow from the partner's licence."""
    data = json.loads(told["sent"])["data"]
    said = {name: value for name, value in data.items() if name not in ("stop_by", "remove_by")}
    return [told["partner"], moment(told["written"]), said]


def as_sealed(id: str, sealed: dict[str, Any]) -> list[Any]:
    """The same of an entry of the record."""
    said = json.loads(sealed["content"])
    terms = said.pop("terms", None)
    scope = "item" if terms is None else "paths" if said["paths"] else "site"
    data = {name: value for name, value in said.items() if name not in ("record", "blobs")}
    data.update(id=id, revision=sealed["number"], scope=scope)
    if terms is not None:
        paths = [{"path": one["path"], "use": one["kept"]} for one in terms["paths"] if terms["open"]]
        data["terms"] = {"use": terms["open"] and terms["kept"], "keep": terms["kept"], "paths": paths}
    return [sealed["key"], moment(sealed["at"]), data]


def as_answered(told: dict[str, Any]) -> list[Any]:
    """When a partner stopped, removed and refused, from which data set, and why, as it is told."""
    times = [moment(told[name]) for name in ("stopped", "removed", "refused")]
    return [*times, told["dataset_version"], told["reason"]]


def as_confirmed(answers: list[dict[str, Any]]) -> list[Any]:
    """The same of the answers in the record, of which the first of a kind counts; who removes stops."""
    first: dict[str, dict[str, Any]] = {}
    for answer in answers:
        first.setdefault(answer["kind"], answer)
    removed, refused = first.get("removed", {}), first.get("refused", {})
    stopped = min(
        filter(None, (moment(first.get(kind, {}).get("at")) for kind in ("stopped", "removed"))), default=None
    )
    times = [stopped, moment(removed.get("at")), moment(refused.get("at"))]
    return [*times, removed.get("version", ""), refused.get("reason", "")]


def moment(text: str | None) -> datetime | None:
    """A time as a value, however it is spelled."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def main(arguments: list[str]) -> int:
    """Check, and tell."""
    zips = [text for text in arguments if text.lower().endswith(".zip")]
    noted = [text for text in arguments if text not in zips]
    try:
        found = list(faults(members(Path(zips[0]) if zips else Path(__file__).resolve().parent), noted))
    except Exception as error:  # whatever a damaged bundle leads to, it is damaged
        found = [f"the bundle cannot be read: {error!r}"]
    sys.stdout.write("".join(f"{fault}\n" for fault in found) or "Everything in this bundle agrees.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
