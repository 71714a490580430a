"""The operations on sites: list, add, show, change, their hosts and their history."""

from gatepost.asgi.api.cursors import cursor_after, number_of, position_of
from gatepost.asgi.api.forms import (
    CanonicalHostForm,
    DeleteQuery,
    NewHost,
    NewSiteForm,
    Nothing,
    OwnerForm,
    Page,
    PlanForm,
    RegionForm,
    RobotsTxtForm,
    SiteForm,
    SitesQuery,
    VisibilityForm,
)
from gatepost.asgi.api.operations import Call, Done, Operation, key_in_body, key_of, named, wrong_in_body
from gatepost.asgi.api.telling import entry, site_told, site_whole
from gatepost.asgi.api.told import HistoryTold, SitesTold, SiteWhole
from gatepost.core.access import Scope, check_platform
from gatepost.core.sites import Site
from gatepost.errors import RequestRefused

__all__ = ["SITES"]


async def _list(call: Call[SitesQuery, None]) -> Done:
    after, limit = position_of(call.query.cursor), call.query.limit
    found = await _seen(call, after, limit + 1)
    page = found[:limit]
    more = cursor_after(page[-1].id) if len(found) > limit else None
    return Done(SitesTold(sites=[site_told(site) for site in page], next=more))


async def _seen(call: Call[SitesQuery, None], after: str, limit: int) -> list[Site]:
    """The sites that the grant sees, in the order of their ids."""
    search, own = call.query.search, call.grant.sites
    if own is None:
        return list(await call.gate.store.sites(after=after, limit=limit, named=search))
    sites = await call.gate.store.sites_with(ids=own)
    wanted = [site for site in sites if site.id > after and _is_named(site, search)]
    return sorted(wanted, key=lambda site: site.id)[:limit]


def _is_named(site: Site, search: str) -> bool:
    return any(name.startswith(search) for name in (site.id, *site.hosts))


async def _add(call: Call[Nothing, NewSiteForm]) -> Done:
    check_platform(call.grant)
    form = call.body
    hosts = [key_in_body(host, f"/hosts/{number}") for number, host in enumerate(form.hosts)]
    site = await call.gate.owners.add_site(hosts, call.grant.actor, form.id, region=form.region, plan=form.plan)
    return Done(site_whole(site), site.revision, f"/sites/{site.host}")


async def _show(call: Call[Nothing, None]) -> Done:
    site = await call.site()
    return Done(site_whole(site), site.revision)


async def _change(call: Call[Nothing, SiteForm]) -> Done:
    site = await _changed(call, await call.site())
    return Done(site_whole(site), site.revision)


async def _changed(call: Call[Nothing, SiteForm], site: Site) -> Site:
    owners, host, actor, form = call.owners(site), named(site), call.grant.actor, call.body.root
    if isinstance(form, RobotsTxtForm):
        return await owners.change_robots_txt(
            host, form.robots_txt, actor, form.reason, search_confirmed=form.confirm_search
        )
    check_platform(call.grant)
    match form:
        case VisibilityForm():
            return await owners.change_visibility(host, form.visibility, actor, form.reason)
        case CanonicalHostForm():
            return await owners.make_canonical(host, _own_host(site, form.host), actor, form.reason)
        case OwnerForm():
            return await owners.change_owner(host, form.owner, actor, form.reason)
        case RegionForm(region=region, plan=plan):
            return await owners.change_placement(host, actor, region=region, plan=plan, reason=form.reason)
        case PlanForm():
            return await owners.change_placement(host, actor, plan=form.plan, reason=form.reason)


def _own_host(site: Site, host: str) -> str:
    key = key_in_body(host, "/host")
    if key not in site.hosts:
        raise wrong_in_body("/host", "the site has no such host; add it first")
    return key


async def _add_host(call: Call[Nothing, NewHost]) -> Done:
    site, form = await call.site(), call.body
    check_platform(call.grant)
    host = key_in_body(form.host, "/host")
    site = await call.owners(site).add_host(named(site), host, call.grant.actor, form.reason)
    return Done(site_whole(site), site.revision)


async def _remove_host(call: Call[DeleteQuery, None]) -> Done:
    site, other = await call.site(), key_of(call.path["other"])
    check_platform(call.grant)
    if other not in site.hosts:
        raise RequestRefused("the site has no such host", id="api.unknown", remedy="GET the site to see its hosts.")
    site = await call.owners(site).remove_host(named(site), other, call.grant.actor, call.query.reason)
    return Done(site_whole(site), site.revision)


async def _history(call: Call[Page, None]) -> Done:
    site, before = await call.site(), number_of(call.query.cursor)
    events = await call.gate.store.history(site.id)
    later = [event for event in reversed(events) if before is None or event.revision < before]
    page = later[: call.query.limit]
    more = cursor_after(str(page[-1].revision)) if len(later) > len(page) else None
    return Done(HistoryTold(history=[entry(event) for event in page], next=more), site.revision)


SITES = (
    Operation(
        "listSites", "GET", "/sites", "The sites, in the order of their ids.",
        Scope.SITES_READ, _list, SitesTold, query=SitesQuery,
    ),
    Operation(
        "addSite", "POST", "/sites", "Add a site; nothing is said for it until somebody says it.",
        Scope.SITES_WRITE, _add, SiteWhole, body=NewSiteForm, status=201, writes=True, every_site=True,
        example={"hosts": ["blog.example", "www.blog.example"], "plan": "free"},
    ),
    Operation(
        "showSite", "GET", "/sites/{host}", "A site, by any of its hosts, or by `id:` and its id.",
        Scope.SITES_READ, _show, SiteWhole,
    ),
    Operation(
        "changeSite", "PATCH", "/sites/{host}",
        "Change one thing: visibility, canonical host, own robots.txt, owner, or region and plan.",
        Scope.SITES_WRITE, _change, SiteWhole, body=SiteForm, writes=True, changes_revision=True,
        example={"visibility": "private", "reason": "at the owner's wish"},
    ),
    Operation(
        "addHost", "POST", "/sites/{host}/hosts", "The site can be reached under one more host.",
        Scope.SITES_WRITE, _add_host, SiteWhole, body=NewHost, writes=True, changes_revision=True,
        example={"host": "www.blog.example"},
    ),
    Operation(
        "removeHost", "DELETE", "/sites/{host}/hosts/{other}", "The site can no longer be reached under a host.",
        Scope.SITES_WRITE, _remove_host, SiteWhole, query=DeleteQuery, writes=True, changes_revision=True,
    ),
    Operation(
        "showHistory", "GET", "/sites/{host}/history", "Every change of a site, the last one first.",
        Scope.SITES_READ, _history, HistoryTold, query=Page,
    ),
)  # fmt: skip
"""The table's rows for sites."""
