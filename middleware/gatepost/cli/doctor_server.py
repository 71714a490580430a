"""What ``gatepost doctor --url`` sees of a running server: its policy files, as a browser and as a crawler get them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gatepost.cli.commands import check_client
from gatepost.cli.findings import Finding, fault, ok, warning
from gatepost.core.crawlers import SignatureSet
from gatepost.sources import load_signatures

if TYPE_CHECKING:
    from httpx import Client, Response

    from gatepost.settings import Settings

__all__ = ["server_findings"]

_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
_FILES = ("/robots.txt", "/ai.txt")
_SECONDS = 10.0


def server_findings(settings: "Settings", url: str) -> Iterable[Finding]:
    """All findings about the site at ``url``."""
    check_client()
    import httpx

    crawler = _sample(load_signatures(settings.signatures, settings.signatures_overlay))
    try:
        with httpx.Client(base_url=url, timeout=_SECONDS, trust_env=False) as client:
            for path in _FILES:
                yield from _file_findings(client, path, crawler)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield fault("server.unreachable", f"{url}: {error}", "Start the server, or correct the URL.")


def _sample(signatures: SignatureSet) -> str:
    """A user agent of a crawler that comes for AI."""
    return next(
        (sample for crawler in signatures.crawlers if crawler.ai for sample in crawler.samples_match), "GPTBot/1.0"
    )


def _file_findings(client: "Client", path: str, crawler: str) -> Iterable[Finding]:
    as_browser, as_crawler = (client.get(path, headers={"user-agent": agent}) for agent in (_BROWSER, crawler))
    name = path.strip("/").replace(".", "-")
    wrong = [_wrong(name, path, who, answer) for who, answer in (("browser", as_browser), ("crawler", as_crawler))]
    findings = [finding for answer in wrong for finding in answer]
    if not findings and as_browser.content != as_crawler.content:
        message = f"{path} differs between a browser and a crawler"
        findings.append(
            warning(f"server.{name}.differs", message, "Let nothing in front of Gatepost answer in its place.")
        )
    return findings or [ok(f"server.{name}", f"{path} is answered alike to a browser and to a refused crawler")]


def _wrong(name: str, path: str, who: str, answer: "Response") -> Iterable[Finding]:
    if answer.status_code != 200:
        yield fault(
            f"server.{name}.status",
            f"{path} answers {answer.status_code} to a {who}; it has to be 200 for everyone",
            "Route it to Gatepost, and let no firewall or CDN refuse it: to a crawler a 4xx means that all is allowed.",
        )
        return
    kind = answer.headers.get("content-type", "nothing")
    if not kind.startswith("text/plain"):
        remedy = "Route it to Gatepost: an app's page or a login answers in its place."
        yield fault(f"server.{name}.type", f"{path} is {kind} to a {who}, not text/plain", remedy)
    cache = answer.headers.get("cache-control", "")
    if "max-age" not in cache and "no-cache" not in cache:
        remedy = "Let what is in front of Gatepost keep its Cache-Control."
        yield warning(f"server.{name}.cache", f"{path} has no lifetime for a {who} (Cache-Control: {cache!r})", remedy)
