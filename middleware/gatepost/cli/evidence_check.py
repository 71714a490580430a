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
    yield from history_faults(said["events"], json.loads(files["statement.json"])["site"])
    yield from octets_faults(said["publications"], files)
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
