"""``gatepost explain``: what is decided about a request, by which rule, and who said so.

Rules: the decision comes from the function that the doors use; what cannot be known from a user agent is said, not
guessed.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.commands import add_command
from gatepost.cli.inputs import Database, Json, host_of, moment_of, with_gate
from gatepost.cli.output import emphasised, write_lines, write_row
from gatepost.cli.told import dated_lines, held_lines, since_text, told_dated, told_held, told_moment
from gatepost.core.clients import Client, ClientKind
from gatepost.core.crawlers import Purpose
from gatepost.core.explanation import Explanation, Note, Question, RobotsVerdict
from gatepost.core.policy import Action, Decision, Reason
from gatepost.core.request import CrawlRequest, read_request
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(
        app,
        "explain",
        explain,
        "gatepost explain --site blog.example --user-agent GPTBot/1.4",
        "gatepost explain --site blog.example --user-agent Googlebot/2.1 --path /press/ --json",
        "gatepost explain --site blog.example --user-agent GPTBot/1.4 --at 2026-03-01T12:00+01:00",
    )


def explain(
    site: Annotated[str, typer.Option(metavar="HOST", help="Any host of the site.")],
    user_agent: Annotated[str, typer.Option(metavar="UA", help="The whole user agent, or a product token.")],
    path: Annotated[str, typer.Option(metavar="P", help="Path and query.")] = "/",
    ip: Annotated[str | None, typer.Option(metavar="A", help="Where it came from; checked for data partners.")] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="As things stand then: ISO 8601, else UTC.")] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Explain what is decided about a request: the action, the rule, and the origin of every value.

    The robots.txt verdict stands beside the server's. With --at, the site is rebuilt from its history, and from what is
    said by now for a time to come; crawlers are recognised by today's signature file.
    """
    host = host_of(site)
    question = Question(host, path, _read(host, user_agent, path, ip), moment_of(at) if at else None)
    answer = with_gate(database, lambda gate: _told_by(gate, question))
    if json:
        write_row(answer)
    else:
        write_lines(_lines(answer))


def _read(host: str, user_agent: str, path: str, ip: str | None) -> CrawlRequest:
    """The request as a door would read it."""
    raw_path, _, query = path.encode("utf-8", "surrogateescape").partition(b"?")
    headers = [(b"host", host.encode("ascii")), (b"user-agent", user_agent.encode("utf-8", "surrogateescape"))]
    request = read_request(headers, raw_path, query, ip)
    if ip and request.peer is None:
        raise GatepostError(f"{ip!r} is no IP address", id="cli.address", remedy="Write an IPv4 or IPv6 address.")
    return request


async def _told_by(gate: "Gate", question: Question) -> dict[str, Any]:
    return _told(await gate.overviews.explain(question))


def _told(answer: Explanation) -> dict[str, Any]:
    """All that is said, as JSON has it."""
    question, site = answer.question, answer.site
    return {
        "host": question.host,
        "path": question.path,
        "user_agent": answer.user_agent,
        "at": question.at.isoformat() if question.at else None,
        "site": site.id if site else None,
        "revision": site.revision if site else None,
        "visibility": site.visibility if site else None,
        **_told_decision(answer.decision),
        "since": told_moment(answer.since),
        **_told_crawler(answer),
        "licence": _told_licence(answer.decision),
        "robots_txt": _told_robots(answer.robots),
        "robots_only": [_told_robots(verdict) for verdict in answer.robots_only],
        "preferences": told_held(answer.held),
        "dated": told_dated(answer.dated),
        "address": _told_address(answer),
        "client": _client(answer.client) if answer.client else None,
        "notes": [_NOTES[note].format(match=answer.match) for note in answer.notes],
    }


def _told_decision(decision: Decision) -> dict[str, object]:
    return {
        "action": decision.action,
        "reason": decision.reason,
        "rule": f"{decision.purpose or decision.crawler}={decision.stance}" if decision.stance else None,
        "origin": str(decision.origin) if decision.origin else None,
    }


def _told_licence(decision: Decision) -> dict[str, object] | None:
    licence = decision.licence
    if licence is None:
        return None
    return {
        "partner": licence.partner,
        "name": licence.name,
        "proof": licence.means,
        "since": told_moment(licence.since),
        "until": told_moment(licence.until),
    }


def _told_crawler(answer: Explanation) -> dict[str, object]:
    crawler = answer.match.crawler if answer.match else None
    return {
        "crawler": crawler.name if crawler else None,
        "operator": crawler.operator if crawler else None,
        "purposes": [purpose for purpose in Purpose if crawler and purpose in crawler.purposes],
        "standing": answer.standing,
    }


def _told_robots(verdict: RobotsVerdict) -> dict[str, object]:
    rule = verdict.rule
    return {
        "token": verdict.token,
        "allowed": verdict.allowed,
        "rule": f"{'Allow' if rule.allow else 'Disallow'}: {rule.pattern.text}" if rule else None,
        "line": rule.line if rule else None,
        "group": verdict.group,
    }


def _told_address(answer: Explanation) -> dict[str, object] | None:
    address = answer.question.request.peer
    if address is None:
        return None
    means = answer.match.crawler.verification if answer.match else None
    checked = answer.decision.licence is not None or Note.NOT_FROM_PARTNER in answer.notes
    published = [*means.address_lists, *means.reverse_dns, *means.key_directories] if means else []
    return {"address": address, "checked": checked, "could_be_checked_against": published}


_CLIENTS = {
    ClientKind.ROBOT: "a robot by its own account, which no signature knows",
    ClientKind.SILENT: "a client that does not say what it is",
    ClientKind.BROWSER: "{0.name} on {0.system}, a person's browser as far as it says",
    ClientKind.PROGRAM: "{0.name}, a program as far as it says",
}


def _client(client: Client) -> str:
    return _CLIENTS[client.kind].format(client)


_NOTES = {
    Note.HOST_UNKNOWN: "No site has this host: what holds for unknown hosts is shown.",
    Note.HOST_UNKNOWN_THEN: "No site had this host: what holds for unknown hosts is shown.",
    Note.AS_IT_STANDS: "The site is as it stands then by what is said; crawlers are recognised by today's signature "
    "file.",
    Note.BY_NAME: "Crawlers are recognised by name: one that is disguised as a browser is not caught.",
    Note.FORGED: "{match.token} is a name for robots.txt alone; no crawler sends it, so this is a forgery.",
    Note.NOT_FROM_PARTNER: "A data partner's licence would let {match.crawler.name} through, if it came from the "
    "partner's networks, or signed with the partner's key (signatures are looked at by the doors alone).",
    Note.UNVERIFIABLE: "{match.crawler.operator} publishes nothing by which {match.crawler.name} could be verified.",
}


_DOES = {
    Action.ALLOW: ("lets it through", "green"),
    Action.TAG: ("lets it through, and tells the app that it was asked not to come", "yellow"),
    Action.THROTTLE: ("refuses it for now (429)", "yellow"),
    Action.LICENSE: ("refuses it without a licence (402)", "red"),
    Action.BLOCK: ("refuses it (403)", "red"),
}
_WHY = {
    Reason.UNRECOGNISED: "no known crawler is named",
    Reason.ALWAYS_OPEN: "a policy file, which everyone may read",
    Reason.NOT_PUBLIC: "the site is not public",
    Reason.SERVICE: "it takes content for none of the five purposes",
    Reason.SEARCH_PROTECTED: "it also feeds search, which a no to AI never touches; it is asked in directives",
    Reason.NOTHING_SAID: "nobody said anything about it",
    Reason.ALLOWED: "the owner allows it",
    Reason.ASKED: "the owner asks it to stay away",
    Reason.LICENCE_REQUIRED: "it may come under a licence only",
    Reason.LICENSED: "it comes under a data partner's licence, and is proved to be the partner's own",
    Reason.REFUSED: "the owner refuses it",
    Reason.ON_TRIAL: "it would be refused, and its signature is on trial",
}


def _lines(answer: dict[str, Any]) -> Iterable[str]:
    """The same for people."""
    revision = "" if answer["site"] is None else f"  ({answer['visibility']}, revision {answer['revision']})"
    at = f"  at {answer['at']}" if answer["at"] else ""
    yield f"{answer['host']}{answer['path']}{at}{revision}"
    yield _who(answer)
    yield ""
    does, colour = _DOES[answer["action"]]
    yield f"  server      {emphasised(answer['action'], colour)}: {does}"
    rule = f"; rule {answer['rule']}, from {answer['origin']}{since_text(answer)}" if answer["rule"] else ""
    yield f"              {_WHY[answer['reason']]} ({answer['reason']}){rule}"
    if answer["licence"]:
        yield f"  licence     {_licence_line(answer['licence'])}"
    for robots in (answer["robots_txt"], *answer["robots_only"]):
        yield f"  robots.txt  {_robots_line(robots)}"
    yield ""
    yield from held_lines(answer["preferences"])
    yield from dated_lines(answer["dated"])
    yield from _below(answer["notes"])


def _who(answer: dict[str, Any]) -> str:
    address = answer["address"]
    checked = f" from {address['address']}" + ("" if address["checked"] else "; address not checked") if address else ""
    if answer["crawler"] is None:
        return f"{answer['client']}{checked}"
    purposes = ", ".join(answer["purposes"]) or "a service"
    return f"{answer['crawler']} of {answer['operator']} ({purposes}), {answer['standing']}{checked}"


def _licence_line(licence: dict[str, Any]) -> str:
    until = f" until {licence['until']}" if licence["until"] else ""
    proof = f"proved by {licence['proof']}"
    return f"{licence['name']} ({licence['partner']}) since {licence['since']}{until}, {proof}"


def _robots_line(robots: dict[str, Any]) -> str:
    token = robots["token"] if len(robots["token"]) <= 40 else "this client"
    verdict = f"{'allows' if robots['allowed'] else 'asks away'} {token}"
    if robots["rule"]:
        return f"{verdict}: line {robots['line']}, {robots['rule']}, in the group of {robots['group']}"
    return f"{verdict}: no rule speaks of this path"


def _below(notes: Sequence[str]) -> Iterable[str]:
    return ("", *notes) if notes else ()
