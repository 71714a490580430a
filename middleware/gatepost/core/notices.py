"""Notices to data partners: what one says, as the record keeps it and as it is sent.

Rules: a notice says everything that holds from then on, so that whoever applies the one with the highest revision for a
site and purpose is right, in whatever order and however often they arrive; its id follows from its place in the record
and is never given to another; it names no person.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern
from gatepost.core.record import spelled
from gatepost.core.terms import NOTHING, Action, PathTerm, Terms
from gatepost.errors import PartnerError

__all__ = [
    "LONGEST_ITEM",
    "LONGEST_URL",
    "MOST_URLS",
    "ONE_LINE",
    "URL",
    "Item",
    "Notice",
    "body_of",
    "check_item",
    "notice_content",
    "notice_id",
    "notice_of",
    "read_terms",
    "spelled_terms",
]

ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
"""What others say is told inside sentences of ours, where a line of its own would pass for one of these."""
URL = r"^https?://[^\x00-\x20\x7f\\]+$"
LONGEST_ITEM, LONGEST_URL, MOST_URLS = 512, 2_000, 100

_is_one_line = re.compile(ONE_LINE).fullmatch
_is_url = re.compile(URL).fullmatch


@dataclass(frozen=True, slots=True)
class Item:
    """One post, or one of whatever a site is made of."""

    id: str
    """As the platform calls it in exports."""
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """What one partner is told about one site."""

    partner: str
    site: str
    hosts: tuple[str, ...]
    """That the site has."""
    former_hosts: tuple[str, ...]
    """That it had once; another site may have them since."""
    action: Action
    since: datetime
    """From when on it holds."""
    purpose: Purpose | None = None
    """``None`` is every purpose."""
    paths: tuple[str, ...] = ()
    """The patterns that it is about; none is the whole site, or the item."""
    item: Item | None = None
    terms: Terms = NOTHING
    """What holds for the whole site from then on; of no meaning for an item."""
    number: int = 0
    """The revision: of two about the same, the one that holds has the greater; 0 for one that is not written yet."""
    id: str = ""

    @property
    def removing(self) -> bool:
        """Whether it asks for the past."""
        return self.action is Action.REMOVE_PAST

    @property
    def closing(self) -> bool:
        """Whether it asks for something that has to be confirmed."""
        return self.action is not Action.RESTORE


def check_item(item: Item, hosts: Collection[str]) -> None:
    """Raises :class:`~gatepost.errors.PartnerError` for an item that no partner could find, or that may be another's.

    ``hosts`` are all that its site has or had.
    """
    for part, message, remedy in _item_faults(item, hosts):
        raise PartnerError(message, id=f"notice.item.{part}", remedy=remedy)


def _item_faults(item: Item, hosts: Collection[str]) -> Iterator[tuple[str, str, str]]:
    if not item.id.strip() or len(item.id) > LONGEST_ITEM or not _is_one_line(item.id):
        message = f"an item is named by 1 to {LONGEST_ITEM} characters in one line"
        yield "id", message, "Give the id under which exports have it."
    if len(item.urls) > MOST_URLS:
        yield "many", f"an item has {MOST_URLS} addresses at most", "Give those under which most people knew it."
    for url in item.urls:
        if len(url) > LONGEST_URL or not _is_url(url):
            yield "url", f"{url[:200]!r} is no address", "Write it as https://blog.example/4711."
        elif _host_of(url) not in hosts:
            message = f"{url[:200]!r} is at no host that the site has or had"
            yield "host", message, "Name the site that it belongs to; a partner would remove what is another's."


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def notice_id(digest: bytes) -> str:
    """The id of a notice by its digest in the record, which no other entry has."""
    return f"ntc_{digest.hex()[:32]}"


def _said(notice: Notice) -> dict[str, object]:
    said: dict[str, object] = {
        "action": notice.action.value,
        "site": notice.site,
        "hosts": list(notice.hosts),
        "former_hosts": list(notice.former_hosts),
        "purpose": notice.purpose.value if notice.purpose else None,
        "since": notice.since.isoformat(),
        "paths": list(notice.paths),
    }
    if notice.item:
        return said | {"item": {"id": notice.item.id, "urls": list(notice.item.urls)}}
    return said | {"terms": _said_terms(notice.terms)}


def _said_terms(terms: Terms) -> Mapping[str, object]:
    paths = [{"path": path.pattern.text, "kept": path.kept} for path in terms.paths]
    return {"open": terms.open, "kept": terms.kept, "paths": paths}


def notice_content(notice: Notice) -> str:
    """What the record keeps of a notice; the partner is the entry's key."""
    return spelled({"record": "notice/1", "blobs": [], **_said(notice)}).decode()


def notice_of(partner: str, number: int, digest: bytes, content: str) -> Notice:
    """The notice that an entry of the record tells."""
    said = json.loads(content)
    item = said.get("item")
    return Notice(
        partner=partner,
        site=said["site"],
        hosts=tuple(said["hosts"]),
        former_hosts=tuple(said["former_hosts"]),
        action=Action(said["action"]),
        since=datetime.fromisoformat(said["since"]),
        purpose=Purpose(said["purpose"]) if said["purpose"] else None,
        paths=tuple(said["paths"]),
        item=Item(item["id"], tuple(item["urls"])) if item else None,
        terms=NOTHING if item else _terms_of(said["terms"]),
        number=number,
        id=notice_id(digest),
    )


def _terms_of(said: Mapping[str, object]) -> Terms:
    paths = said["paths"]
    found = [PathTerm(PathPattern(one["path"]), one["kept"]) for one in paths] if isinstance(paths, list) else []
    return Terms(bool(said["open"]), bool(said["kept"]), tuple(found))


def spelled_terms(terms: Terms) -> str:
    """Terms as JSON."""
    return spelled(_said_terms(terms)).decode()


def read_terms(text: str) -> Terms:
    """The terms that :func:`spelled_terms` spelled."""
    return _terms_of(json.loads(text))


def body_of(notice: Notice, stop_by: datetime | None, remove_by: datetime | None, *, reminder: bool = False) -> bytes:
    """What a partner is sent: JSON, below 20 KB for any notice but one of very many paths or hosts.

    ``terms.use`` says whether the whole site may be used, and ``terms.paths`` where something else holds: of several
    that match a path the longest counts.
    """
    said = _said(notice)
    scope = "item" if notice.item else "paths" if notice.paths else "site"
    data = {"id": notice.id, "revision": notice.number, "scope": scope, **said}
    if not notice.item:
        data["terms"] = _told_terms(notice.terms)
    data |= {name: by.isoformat() for name, by in (("stop_by", stop_by), ("remove_by", remove_by)) if by}
    kind = "consent.reminder" if reminder else "consent.changed"
    return spelled({"type": kind, "timestamp": notice.since.isoformat(), "data": data})


def _told_terms(terms: Terms) -> Mapping[str, object]:
    paths: Sequence[PathTerm] = terms.paths if terms.open else ()
    return {
        "use": terms.open and terms.kept,
        "keep": terms.kept,
        "paths": [{"path": path.pattern.text, "use": path.kept} for path in paths],
    }
