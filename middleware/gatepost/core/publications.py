"""What was served, as the record keeps it: entries of a chain, which name octets by their SHA-256.

Rules: one entry stands for all sites and all times that want the same; a rendering is found again by its key, which
follows from the statements then, the site's own robots.txt, and the edition; nothing here depends on who asks.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Stances
from gatepost.core.recognition import Recognition
from gatepost.core.record import spelled
from gatepost.core.shares import in_part
from gatepost.core.snapshot import Rendering, needs_host

__all__ = [
    "Edition",
    "Kind",
    "Publication",
    "Published",
    "blob_names",
    "document_name",
    "edition_of",
    "entry_content",
    "fields_of",
    "in_force",
    "latest",
    "own_of_app",
    "rendered",
    "rendering_cause",
    "rendering_key",
]


class Kind(StrEnum):
    """What an entry tells."""

    IN_FORCE = "in-force"
    """From here on a worker serves by this edition."""
    RENDERING = "rendering"
    """What somebody's statements came to, in every directive."""
    APP_ROBOTS = "app-robots"
    """What the app behind says in its own robots.txt, from here on, for a site."""
    RELEASE = "release"
    """The signature sets that are in force from here on (``core/rollouts``)."""
    ADDRESS_LIST = "address-list"
    """What became of asking for an operator's address list, on a day; its key is the list's URL."""
    PARTNER = "partner"
    """What a data partner is from here on (``core/partners``); its key is the partner's id, as with the next two."""
    NOTICE = "notice"
    """What a data partner is told (``core/notices``)."""
    RECEIPT = "receipt"
    """What came back (``core/duties``)."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What all renderings of a worker depend on beside the sites."""

    signatures: str
    """The SHA-256 of the signature file, in hexadecimal."""
    gatepost: str
    """The version."""
    public_url: str
    prefix: str

    def origin(self, host: str) -> str:
        """Where a host is reached from outside: a URL without a path."""
        return self.public_url.replace("{host}", host)

    def addresses(self, host: str) -> Addresses:
        """The addresses of a site's documents."""
        base = self.origin(host) + self.prefix
        return Addresses(f"{base}/license.xml", f"{base}/tdm-policy.json", f"{base}/policy")


@dataclass(frozen=True, slots=True)
class Publication:
    """An entry to be written, unless the last one of its kind and key says the same. One without octets says that there
    is nothing any more; where there never was anything it is not written."""

    kind: Kind
    key: str
    at: datetime
    content: str
    """JSON; ``blobs`` lists the octets that it names."""
    blobs: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """An entry as the record has it."""

    number: int
    at: datetime
    content: str


def in_force(edition: Edition, recognition: Recognition, at: datetime) -> Publication:
    """A worker serves by an edition from now on; for a part of the sites, by other signatures of the same edition."""
    part = {}
    if recognition.part is not None:
        part = {"part": recognition.part.signatures.sha256, "percent": recognition.percent}
    octets = tuple(recognition.sources.values())
    return Publication(Kind.IN_FORCE, "", at, entry_content(octets, {**asdict(edition), **part}), octets)


def edition_of(entry: Published, key: str) -> Edition:
    """The edition that an entry puts in force for a site by its id, or for a host that no site has."""
    said = json.loads(entry.content)
    signatures = said["part"] if "part" in said and in_part(key, said["percent"]) else said["signatures"]
    return Edition(signatures, said["gatepost"], said["public_url"], said["prefix"])


def rendering_cause(edition: Edition, policy: SitePolicy, own_robots: str, host: str) -> bytes:
    """All that a rendering follows from, spelled in one way."""
    said = {
        "record": "rendering-key/1",
        "edition": asdict(edition),
        "policy": asdict(policy),
        "robots_txt": own_robots,
        "host": host if needs_host(policy) else "",
    }
    return spelled(said)


def rendering_key(cause: bytes) -> str:
    """What tells one rendering from all others, in hexadecimal."""
    return _name(cause)


def rendered(edition: Edition, rendering: Rendering, own_robots: str, host: str, at: datetime) -> Publication:
    """A policy was rendered, to be served."""
    documents = rendering.documents
    said = {
        "documents": {path: {"sha256": _name(one.body), "type": one.content_type} for path, one in documents.items()},
        "fields": [
            {"stances": _listed(stances), "fields": [[name.decode("latin-1"), value.decode("latin-1")]
                                                      for name, value in fields]}
            for stances, fields in rendering.fields.items()
        ],
        "caution": rendering.caution,
    }  # fmt: skip
    bodies = tuple(document.body for document in documents.values())
    key = rendering_key(rendering_cause(edition, rendering.policy, own_robots, host))
    return Publication(Kind.RENDERING, key, at, entry_content(bodies, said), bodies)


def document_name(entry: Published, path: str) -> bytes | None:
    """The name of the octets that were served at a path; ``None`` where there was no document."""
    document = json.loads(entry.content)["documents"].get(path)
    return bytes.fromhex(document["sha256"]) if document else None


def blob_names(content: str) -> Sequence[bytes]:
    """The names of all octets that an entry's content names; none where it cannot be read."""
    try:
        return [bytes.fromhex(name) for name in json.loads(content)["blobs"]]
    except (ValueError, TypeError, KeyError):
        return ()


def fields_of(entry: Published, stances: Stances) -> Sequence[tuple[bytes, bytes]]:
    """The response fields where these stances held."""
    for one in json.loads(entry.content)["fields"]:
        if one["stances"] == _listed(stances):
            return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in one["fields"]]
    return ()


def own_of_app(host: str, text: str, at: datetime) -> Publication:
    """The app behind says this in its own robots.txt for a site; nothing, if it is empty."""
    octets = (text.encode(),) if text else ()
    return Publication(Kind.APP_ROBOTS, host, at, entry_content(octets, {}), octets)


def latest(entries: Iterable[Published], at: datetime) -> Published | None:
    """The entry that held at a time. Entries are in the order in which they were written down, which may be later
    than what they tell."""
    return max((one for one in entries if one.at <= at), key=lambda one: (one.at, one.number), default=None)


def entry_content(octets: Iterable[bytes], said: Mapping[str, object]) -> str:
    """What an entry says, spelled in one way, with the names of the octets that it has."""
    return spelled({**said, "blobs": sorted({_name(one) for one in octets})}).decode()


def _name(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def _listed(stances: Stances) -> list[str | None]:
    return list(asdict(stances).values())
