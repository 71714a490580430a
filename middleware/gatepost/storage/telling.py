"""Notices, written in the transaction of whatever they follow from.

Rules: what a partner is told is the difference between what it knows of a site (``known_sites``) and what holds for the
site now, so that nothing is told twice and nothing that was missed stays so; a site that was never open to a partner is
none of its business, and never named to it. What concerns any site (a default, a partner) has all sites looked at
again, some at a time, and a date that comes has its site looked at. Every day all are looked at anyway, as a worker of
an older version writes no notices.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gatepost.core.crawlers import Purpose
from gatepost.core.defaults import defaults_of, is_default
from gatepost.core.notices import Item, Notice, read_terms, spelled_terms
from gatepost.core.partners import Partner
from gatepost.core.periods import at as known_time
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Site
from gatepost.core.terms import Action, Terms, asked_by, terms_of
from gatepost.core.timelines import timeline_of
from gatepost.storage import duties, reading
from gatepost.storage.partners import begin_sweep, partners_kept
from gatepost.storage.rows import utc
from gatepost.storage.tables import former_hosts, known_sites, site_dates, sweeps

__all__ = ["sweep", "sweep_due", "tell", "tell_item"]

_KNOWN = select(known_sites).where(known_sites.c.site.in_(bindparam("ids", expanding=True)))
_LEARN = insert(known_sites)
_RELEARN = (
    update(known_sites)
    .where(
        known_sites.c.site == bindparam("named"),
        known_sites.c.partner == bindparam("by"),
        known_sites.c.purpose == bindparam("use"),
    )
    .values(terms=bindparam("now"))
)
_FORMER = select(former_hosts.c.host).where(former_hosts.c.site == bindparam("named")).order_by(former_hosts.c.host)
_SWEPT = select(sweeps.c.after, sweeps.c.begun)
_DROP_DATES = delete(site_dates).where(site_dates.c.site.in_(bindparam("ids", expanding=True)))
_DATES_DUE = (
    select(site_dates.c.site)
    .where(site_dates.c.at <= bindparam("now"))
    .order_by(site_dates.c.at)
    .limit(bindparam("most"))
)

_EVERY = timedelta(days=1)

Known = dict[tuple[str, Purpose], Terms]
"""What is known of one site, by partner and purpose."""


@dataclass
class _Holding:
    """What holds for sites at a moment, those of the same opinion worked out once."""

    connection: Connection
    at: datetime
    _defaults: dict[str, PreferenceStatement] = field(default_factory=dict)
    _known: dict[object, tuple[Mapping[Purpose, Terms], datetime | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._defaults.update((default.id, default.statement) for default in reading.defaults(self.connection))

    def of(self, site: Site) -> tuple[Mapping[Purpose, Terms], datetime | None]:
        """A site's terms by purpose, and when they change by themselves."""
        said = (site.statement, site.visibility, site.region, site.plan, site.kept)
        if said not in self._known:
            levels = defaults_of(site.region, site.plan)
            above = [
                LevelStatement(level, self._defaults.get(id, PreferenceStatement()), name) for id, level, name in levels
            ]
            timeline = timeline_of(site, above)
            policy = SitePolicy(timeline.during(known_time(self.at)), site.visibility)
            terms = {purpose: terms_of(policy, purpose) for purpose in Purpose}
            self._known[said] = terms, timeline.next_change(self.at)
        return self._known[said]


def tell(connection: Connection, before: Mapping[str, Site], after: Iterable[Site], at: datetime) -> None:
    """Write what the partners have to be told of sites as they are ``after`` a change.

    ``before`` is how they were, for a partner that has not been told of all sites yet.
    """
    partners = partners_kept(connection)
    if not partners:
        return
    last = {site.id: site for site in after}
    if any(map(is_default, last)):
        begin_sweep(connection, at)
    sites = [site for site in last.values() if not is_default(site.id)]
    if sites:
        _Telling(connection, partners, at).tell(sites, before)


@dataclass
class _Telling:
    """One run over some sites."""

    connection: Connection
    partners: Sequence[Partner]
    at: datetime
    learnt: list[dict[str, object]] = field(default_factory=list)
    relearnt: list[dict[str, object]] = field(default_factory=list)
    due: list[tuple[Partner, Notice]] = field(default_factory=list)

    def tell(self, sites: Sequence[Site], before: Mapping[str, Site]) -> None:
        """Compare what is known of the sites with what holds, and write the difference."""
        holding = _Holding(self.connection, self.at)
        swept = _swept(self.connection)
        known = _known(self.connection, [site.id for site in sites])
        dates: dict[str, datetime | None] = {}
        for site in sites:
            terms, dates[site.id] = holding.of(site)
            unseen = before.get(site.id) if swept is not None and site.id > swept else None
            knew = known.get(site.id, {})
            for partner, purpose in self._told(knew):
                was = knew.get((partner.id, purpose))
                if was is None and unseen:
                    was = self._learn(site, partner, purpose, holding.of(unseen)[0][purpose])
                self._compare(site, partner, purpose, was, terms[purpose])
        _note_dates(self.connection, dates)
        for statement, rows in ((_LEARN, self.learnt), (_RELEARN, self.relearnt)):
            if rows:
                self.connection.execute(statement, rows)
        duties.begin(self.connection, self.due, self.at)

    def _told(self, knew: Known) -> Iterator[tuple[Partner, Purpose]]:
        """Whom it concerns: for what they are licensed, and for what they once were."""
        for partner in self.partners:
            former = {purpose for by, purpose in knew if by == partner.id}
            for purpose in Purpose:
                if purpose in partner.purposes or purpose in former:
                    yield partner, purpose

    def _learn(self, site: Site, partner: Partner, purpose: Purpose, terms: Terms) -> Terms | None:
        """A partner gets to know a site, once it is open to it."""
        if not terms.shared or partner.ended(self.at):
            return None
        self.learnt.append(
            {"site": site.id, "partner": partner.id, "purpose": purpose.value, "terms": spelled_terms(terms)}
        )
        return terms

    def _compare(self, site: Site, partner: Partner, purpose: Purpose, was: Terms | None, now: Terms) -> None:
        if was is None:
            self._learn(site, partner, purpose, now)
            return
        if was == now:
            return
        asked = asked_by(was, now, duties.owed(self.connection, partner.id, site.id, purpose))
        if asked and asked.action is Action.RESTORE and partner.ended(self.at):
            return
        self.relearnt.append({"named": site.id, "by": partner.id, "use": purpose.value, "now": spelled_terms(now)})
        if asked:
            former = _former(self.connection, site)
            notice = Notice(
                partner.id, site.id, site.hosts, former, asked.action, self.at, purpose, asked.paths, terms=now
            )
            self.due.append((partner, notice))


def _known(connection: Connection, ids: Sequence[str]) -> Mapping[str, Known]:
    found: dict[str, Known] = {}
    for batch in reading.batches(ids):
        for row in connection.execute(_KNOWN, {"ids": batch}):
            found.setdefault(row.site, {})[row.partner, Purpose(row.purpose)] = read_terms(row.terms)
    return found


def _former(connection: Connection, site: Site) -> tuple[str, ...]:
    """The hosts that a site had once and has no more."""
    return tuple(row.host for row in connection.execute(_FORMER, {"named": site.id}) if row.host not in site.hosts)


def _note_dates(connection: Connection, dates: Mapping[str, datetime | None]) -> None:
    """Keep when sites have to be looked at again."""
    for batch in reading.batches(dates):
        connection.execute(_DROP_DATES, {"ids": batch})
    rows = [{"site": site, "at": moment} for site, moment in dates.items() if moment is not None]
    if rows:
        connection.execute(insert(site_dates), rows)


def tell_item(connection: Connection, site: str, item: Item, at: datetime) -> Sequence[Notice]:
    """Have an item removed by every partner that ever knew its site; the notices."""
    found = reading.site(connection, site)
    if found is None:
        return ()
    knowing = {partner for partner, _ in _known(connection, [site]).get(site, {})}
    former = _former(connection, found)
    notice = Notice("", site, found.hosts, former, Action.REMOVE_PAST, at, item=item)
    due = [(one, replace(notice, partner=one.id)) for one in partners_kept(connection) if one.id in knowing]
    return duties.begin(connection, due, at)


def _swept(connection: Connection) -> str | None:
    """The id of the last site that was looked at; ``None`` where all were."""
    row = connection.execute(_SWEPT).first()
    return row.after if row else None


def sweep_due(connection: Connection, at: datetime) -> bool:
    """Whether any site has to be looked at again."""
    if not partners_kept(connection):
        return False
    row = connection.execute(_SWEPT).first()
    if row is None or row.after is not None or utc(row.begun) <= at - _EVERY:
        return True
    return connection.execute(_DATES_DUE, {"now": at, "most": 1}).first() is not None


def sweep(connection: Connection, at: datetime, most: int) -> bool:
    """Look at some of the sites that have to be looked at again; whether there may be more."""
    telling = _Telling(connection, partners_kept(connection), at)
    ids = [row.site for row in connection.execute(_DATES_DUE, {"now": at, "most": most})]
    if ids:
        telling.tell(reading.sites_with(connection, ids), {})
        return True
    swept = _swept(connection)
    if swept is None:
        begin_sweep(connection, at)
        return True
    page = reading.page_of_sites(connection, swept, most)
    telling.tell(page, {})
    _go_on(connection, page[-1].id if len(page) == most else None)
    return True


def _go_on(connection: Connection, after: str | None) -> None:
    connection.execute(update(sweeps).values(after=after))
