"""Notices, written in the transaction of whatever they follow from.

Rules: what a partner is told is the difference between what it knows of a site (``known_sites``) and what holds for the
site now, so that nothing is told twice and nothing that was missed stays so; a site that was never open to a partner is
none of its business, and never named to it. What concerns any site (a default, a partner) has all sites looked at
again, some at a time, and a date that comes has its site looked at. Every day all are looked at anyway, as a worker of
an older version writes no notices.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gatepost.core.crawlers import Purpose
from gatepost.core.defaults import defaults_of, is_default
from gatepost.core.notices import Item, Notice, check_item, read_terms, spelled_terms
from gatepost.core.partners import Partner
from gatepost.core.periods import at as known_time
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Site
from gatepost.core.telling import asked_of, gets_to_know
from gatepost.core.terms import Action, Asked, Terms, terms_of
from gatepost.core.timelines import timeline_of
from gatepost.storage import duties, reading
from gatepost.storage.insertion import insert_rows
from gatepost.storage.partners import begin_sweep, end_sweep, partners_readable
from gatepost.storage.rows import utc
from gatepost.storage.tables import former_hosts, known_sites, site_dates, sweeps

__all__ = ["knowing", "sweep", "sweep_due", "tell", "tell_item"]

_log = logging.getLogger("gatepost.notices")

_KNOWN = select(known_sites).where(known_sites.c.site.in_(bindparam("ids", expanding=True)))
_RELEARN = (
    update(known_sites)
    .where(
        known_sites.c.site == bindparam("named"),
        known_sites.c.partner == bindparam("by"),
        known_sites.c.purpose == bindparam("use"),
    )
    .values(terms=bindparam("now"))
)
_FORMER = (
    select(former_hosts).where(former_hosts.c.site.in_(bindparam("ids", expanding=True))).order_by(former_hosts.c.host)
)
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

    ``before`` is how they were, for a partner that has not been told of all sites yet. What a partner is told hinders
    no owner: where something that is known of a site cannot be read, the change is kept, and the daily look at all
    sites tells of it once that can be.
    """
    partners = partners_readable(connection)
    if not partners:
        return
    last = {site.id: site for site in after}
    try:
        with connection.begin_nested():
            _tell(connection, partners, last, before, at)
    except (ValueError, KeyError, TypeError):
        _log.exception("no partner could be told of a change of %s", ", ".join(last))


def _tell(
    connection: Connection,
    partners: Sequence[Partner],
    last: Mapping[str, Site],
    before: Mapping[str, Site],
    at: datetime,
) -> None:
    if any(map(is_default, last)):
        begin_sweep(connection, at)
    sites = [site for site in last.values() if not is_default(site.id)]
    if sites:
        _Telling(connection, partners, at).tell(sites, before)


@dataclass(frozen=True, slots=True)
class _Difference:
    """What a partner knows of a site, and what holds now."""

    site: Site
    partner: Partner
    purpose: Purpose
    was: Terms
    now: Terms


@dataclass
class _Telling:
    """One run over some sites; what is read for them is read at once."""

    connection: Connection
    partners: Sequence[Partner]
    at: datetime
    learnt: list[dict[str, object]] = field(default_factory=list)
    different: list[_Difference] = field(default_factory=list)

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
        if self.learnt:
            insert_rows(self.connection, known_sites, self.learnt)
        if self.different:
            self._tell_different()

    def _told(self, knew: Known) -> Iterator[tuple[Partner, Purpose]]:
        """Whom it concerns: for what they are licensed, and for what they once were."""
        for partner in self.partners:
            former = {purpose for by, purpose in knew if by == partner.id}
            for purpose in Purpose:
                if purpose in partner.purposes or purpose in former:
                    yield partner, purpose

    def _learn(self, site: Site, partner: Partner, purpose: Purpose, terms: Terms) -> Terms | None:
        """A partner gets to know a site, once it is open to it."""
        if not gets_to_know(partner, purpose, terms, self.at):
            return None
        self.learnt.append(
            {"site": site.id, "partner": partner.id, "purpose": purpose.value, "terms": spelled_terms(terms)}
        )
        return terms

    def _compare(self, site: Site, partner: Partner, purpose: Purpose, was: Terms | None, now: Terms) -> None:
        if was is None:
            self._learn(site, partner, purpose, now)
        elif was != now:
            self.different.append(_Difference(site, partner, purpose, was, now))

    def _tell_different(self) -> None:
        """Write notices, and what is known from then on."""
        sites = {one.site.id: one.site for one in self.different}
        standing, former = duties.standing(self.connection, sites), _former(self.connection, sites.values())
        relearnt: list[dict[str, object]] = []
        due: list[tuple[Partner, Notice]] = []
        for one in self.different:
            stood = standing.get((one.partner.id, one.site.id, one.purpose), ())
            owed = [duty.asked for duty in stood if duty.notice.removing]
            asked = asked_of(one.partner, one.was, one.now, owed, self.at)
            if asked is None and one.partner.ended(self.at):  # it may be given back with another licence
                continue
            named = {"named": one.site.id, "by": one.partner.id, "use": one.purpose.value}
            relearnt.append({**named, "now": spelled_terms(one.now)})
            if asked:
                due.append((one.partner, self._notice(one, asked, former[one.site.id])))
        if relearnt:
            self.connection.execute(_RELEARN, relearnt)
        duties.begin(self.connection, due, self.at, standing)

    def _notice(self, one: _Difference, asked: Asked, former: tuple[str, ...]) -> Notice:
        site = one.site
        return Notice(
            one.partner.id, site.id, site.hosts, former, asked.action, self.at, one.purpose, asked.paths, terms=one.now
        )


def _known(connection: Connection, ids: Sequence[str]) -> Mapping[str, Known]:
    found: dict[str, Known] = {}
    for batch in reading.batches(ids):
        for row in connection.execute(_KNOWN, {"ids": batch}):
            found.setdefault(row.site, {})[row.partner, Purpose(row.purpose)] = read_terms(row.terms)
    return found


def knowing(connection: Connection, site: str) -> Collection[tuple[str, Purpose]]:
    """Which partners know a site, and for which purposes."""
    return _known(connection, [site]).get(site, {}).keys()


def _former(connection: Connection, sites: Iterable[Site]) -> Mapping[str, tuple[str, ...]]:
    """The hosts that sites had once and have no more, by the sites' ids."""
    hosts = {site.id: site.hosts for site in sites}
    found: dict[str, list[str]] = {id: [] for id in hosts}
    for batch in reading.batches(hosts):
        for row in connection.execute(_FORMER, {"ids": batch}):
            if row.host not in hosts[row.site]:
                found[row.site].append(row.host)
    return {id: tuple(names) for id, names in found.items()}


def _note_dates(connection: Connection, dates: Mapping[str, datetime | None]) -> None:
    """Keep when sites have to be looked at again."""
    for batch in reading.batches(dates):
        connection.execute(_DROP_DATES, {"ids": batch})
    rows = [{"site": site, "at": moment} for site, moment in dates.items() if moment is not None]
    if rows:
        connection.execute(insert(site_dates), rows)


def tell_item(connection: Connection, site: str, item: Item, at: datetime) -> Sequence[Notice]:
    """Have an item removed by every partner that ever knew its site; the notices, earlier ones that still ask for all
    of it among them. Raises :class:`~gatepost.errors.PartnerError` for an item that may be another site's."""
    found = reading.site(connection, site)
    if found is None:
        return ()
    knew = {partner for partner, _ in knowing(connection, site)}
    former = _former(connection, [found])[site]
    check_item(item, {*found.hosts, *former})
    notice = Notice("", site, found.hosts, former, Action.REMOVE_PAST, at, item=item)
    asked = {
        duty.notice.partner: duty.notice
        for duty in duties.standing_about(connection, site, item.id)
        if duty.notice.item and {*duty.notice.item.urls} >= {*item.urls}
    }
    due = [
        (one, replace(notice, partner=one.id))
        for one in partners_readable(connection)
        if one.id in knew and one.id not in asked
    ]
    return [*asked.values(), *duties.begin(connection, due, at)]


def _swept(connection: Connection) -> str | None:
    """The id of the last site that was looked at; ``None`` where all were."""
    row = connection.execute(_SWEPT).first()
    return row.after if row else None


def sweep_due(connection: Connection, at: datetime) -> bool:
    """Whether any site has to be looked at again."""
    if not partners_readable(connection):
        return False
    row = connection.execute(_SWEPT).first()
    if row is None or row.after is not None or utc(row.begun) <= at - _EVERY:
        return True
    return connection.execute(_DATES_DUE, {"now": at, "most": 1}).first() is not None


def sweep(connection: Connection, at: datetime, most: int) -> bool:
    """Look at some of the sites that have to be looked at again; whether there may be more.

    What was due when the caller asked may have been done by another worker since.
    """
    if not sweep_due(connection, at):
        return False
    telling = _Telling(connection, partners_readable(connection), at)
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
    if len(page) == most:
        connection.execute(update(sweeps).values(after=page[-1].id))
    else:
        end_sweep(connection, at)
    return True
