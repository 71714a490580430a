"""Which hosts a site may take and give: the changes that follow from a wish, or why there is none.

Rules: a site that is not deleted keeps a host; nothing that happens to a host touches a statement, so that consent goes
nowhere with it.
"""

from gatepost.core.sites import CanonicalHostChanged, HostRemoved, Site, Visibility
from gatepost.errors import StatementError

__all__ = ["given", "made_canonical", "removed"]


def made_canonical(site: Site, host: str) -> CanonicalHostChanged | None:
    """The host becomes the canonical one; ``None`` if it is. Raises :class:`StatementError` for a host it has not."""
    _check_has(site, host)
    return None if site.host == host else CanonicalHostChanged(host)


def removed(site: Site, host: str) -> HostRemoved:
    """The host is nobody's. Raises :class:`StatementError` for the last one, and for a host that the site has not."""
    _check_has(site, host)
    if len(site.hosts) == 1:
        raise _is_the_last(site, host)
    return HostRemoved(host)


def given(site: Site, host: str) -> HostRemoved:
    """The host becomes another site's. Raises :class:`StatementError` for the last one, unless the site is deleted."""
    if len(site.hosts) == 1 and site.visibility is not Visibility.DELETED:
        raise _is_the_last(site, host)
    return HostRemoved(host)


def _check_has(site: Site, host: str) -> None:
    if host not in site.hosts:
        raise StatementError(
            f"{host} is no host of site {site.id!r}",
            id="site.host.other",
            remedy="Add it first (--alias), or name the site that has it.",
        )


def _is_the_last(site: Site, host: str) -> StatementError:
    return StatementError(
        f"{host} is the only host of site {site.id!r}",
        id="site.host.last",
        remedy="Add another host first, or make the site deleted (--visibility deleted), whose last host can still be "
        "moved to another site.",
    )
