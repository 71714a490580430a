"""``gatepost explain``: what is decided about a request, by which rule, and who said so.

Rules: the decision comes from the function that the doors use; what cannot be known from a user agent is said, not
guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.commands import add_command
from gatepost.cli.dates import dated_lines, told_dated
from gatepost.cli.inputs import Database, Json, host_of, moment_of, with_gate
from gatepost.cli.origins import Origins, origins_of, since_text
from gatepost.cli.output import emphasised, write_lines, write_row
from gatepost.cli.state import State, rendering_of, state_of
from gatepost.core.crawlers import Crawler, Match, Purpose, Standing
from gatepost.core.directives.robotstxt import RobotsTxt, evaluate, read_robots
from gatepost.core.policy import Action, Decision, Reason, decide
from gatepost.core.request import CrawlRequest, read_request
from gatepost.core.snapshot import ROBOTS_TXT
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["register"]

_USER_AGENT_SHOWN = 512


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


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    host: str
    path: str
    request: CrawlRequest
    at: datetime | None


def explain(
    site: Annotated[str, typer.Option(metavar="HOST", help="Any host of the site.")],
    user_agent: Annotated[str, typer.Option(metavar="UA", help="The whole user agent, or a product token.")],
    path: Annotated[str, typer.Option(metavar="P", help="Path and query.")] = "/",
    ip: Annotated[str | None, typer.Option(metavar="A", help="Where it came from; shown, and not checked.")] = None,
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
    answer = with_gate(database, lambda gate: _answer(gate, question))
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


async def _answer(gate: "Gate", question: Question) -> dict[str, Any]:
    """All that is said, as JSON has it."""
    state = await state_of(gate, question.host, question.at)
    robots = read_robots(rendering_of(gate, state).documents[ROBOTS_TXT].body)
    request, policy = question.request, state.policy
    matches = [match for agent in request.user_agents for match in gate.matcher.recognise(agent)]
    decision = decide(policy, matches, request.paths)
    judged = next(
        (match for match in matches if match.crawler.name == decision.crawler), matches[0] if matches else None
    )
    user_agent = request.user_agents[0].decode("utf-8", "backslashreplace")
    origins = await origins_of(gate, state)
    return {
        "host": question.host,
        "path": question.path,
        "user_agent": user_agent,
        "at": question.at.isoformat() if question.at else None,
        **_told_site(state),
        **_told_decision(decision, origins, request.paths[0]),
        **_told_crawler(judged),
        "robots_txt": _told_robots(robots, judged.crawler if judged else None, user_agent, question.path),
        "robots_only": [
            _told_robots(robots, crawler, user_agent, question.path)
            for crawler in gate.signatures.crawlers
            if judged and judged.crawler.name in crawler.governs
        ],
        "preferences": origins.told_preferences(lambda policy: policy.zones_at(request.paths[0])[0]),
        "dated": told_dated(state),
        "address": _told_address(request.peer, judged),
        "client": None if judged else _client(user_agent),
        "notes": list(_notes(state, question, judged)),
    }


def _told_site(state: State) -> dict[str, object]:
    site = state.site
    return {
        "site": site.id if site else None,
        "revision": site.revision if site else None,
        "visibility": site.visibility if site else None,
    }


def _told_decision(decision: Decision, origins: Origins, path: str) -> dict[str, object]:
    return {
        "action": decision.action,
        "reason": decision.reason,
        "rule": f"{decision.purpose or decision.crawler}={decision.stance}" if decision.stance else None,
        "origin": str(decision.origin) if decision.origin else None,
        "since": origins.since_of(decision, path),
    }


def _told_crawler(match: Match | None) -> dict[str, object]:
    crawler = match.crawler if match else None
    return {
        "crawler": crawler.name if crawler else None,
        "operator": crawler.operator if crawler else None,
        "purposes": [purpose for purpose in Purpose if crawler and purpose in crawler.purposes],
        "standing": match.standing if match else None,
    }


def _told_robots(robots: RobotsTxt, crawler: Crawler | None, user_agent: str, path: str) -> dict[str, object]:
    """What robots.txt says to a crawler by its product token, or to a client by its user agent."""
    token = crawler.robots_tokens[0] if crawler and crawler.robots_tokens else user_agent
    verdict = evaluate(robots, token, path)
    rule = verdict.rule
    return {
        "token": token,
        "allowed": verdict.allowed,
        "rule": f"{'Allow' if rule.allow else 'Disallow'}: {rule.pattern.text}" if rule else None,
        "line": rule.line if rule else None,
        "group": verdict.group,
    }


def _told_address(address: str | None, match: Match | None) -> dict[str, object] | None:
    if address is None:
        return None
    means = match.crawler.verification if match else None
    published = [*means.address_lists, *means.reverse_dns, *means.key_directories] if means else []
    return {"address": address, "checked": False, "could_be_checked_against": published}


def _client(user_agent: str) -> str:
    """What a client is that no signature knows, as far as it says."""
    from user_agents import parse

    client = parse(user_agent[:_USER_AGENT_SHOWN])
    if client.is_bot:
        return "a robot by its own account, which no signature knows"
    version = client.browser.version_string.partition(".")[0]
    name = f"{client.browser.family} {version}".strip()
    if client.browser.family == "Other":
        return "a client that does not say what it is"
    system = "" if client.os.family == "Other" else f" on {client.os.family}"
    kind = "a person's browser" if system else "a program"
    return f"{name}{system}, {kind} as far as it says"


def _notes(state: State, question: Question, match: Match | None) -> Iterable[str]:
    if state.site is None:
        yield f"No site {'had' if question.at else 'has'} this host: what holds for unknown hosts is shown."
    if question.at:
        yield "The site is as it stands then by what is said; crawlers are recognised by today's signature file."
    if match is None:
        yield "Crawlers are recognised by name: one that is disguised as a browser is not caught."
    elif match.standing is Standing.FORGED:
        yield f"{match.token} is a name for robots.txt alone; no crawler sends it, so this is a forgery."
    elif match.standing is Standing.UNVERIFIABLE:
        yield f"{match.crawler.operator} publishes nothing by which {match.crawler.name} could be verified."


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
    Reason.REFUSED: "the owner refuses it",
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
    for robots in (answer["robots_txt"], *answer["robots_only"]):
        yield f"  robots.txt  {_robots_line(robots)}"
    yield ""
    for purpose, resolved in answer["preferences"].items():
        stance = resolved["stance"] or "nothing said"
        yield f"  {purpose:<16}{stance:<14}from {resolved['origin']}{since_text(resolved)}"
    yield from dated_lines(answer["dated"])
    yield from _below(answer["notes"])


def _who(answer: dict[str, Any]) -> str:
    address = answer["address"]
    checked = f" from {address['address']}; address not checked" if address else ""
    if answer["crawler"] is None:
        return f"{answer['client']}{checked}"
    purposes = ", ".join(answer["purposes"]) or "a service"
    return f"{answer['crawler']} of {answer['operator']} ({purposes}), {answer['standing']}{checked}"


def _robots_line(robots: dict[str, Any]) -> str:
    token = robots["token"] if len(robots["token"]) <= 40 else "this client"
    verdict = f"{'allows' if robots['allowed'] else 'asks away'} {token}"
    if robots["rule"]:
        return f"{verdict}: line {robots['line']}, {robots['rule']}, in the group of {robots['group']}"
    return f"{verdict}: no rule speaks of this path"


def _below(notes: Sequence[str]) -> Iterable[str]:
    return ("", *notes) if notes else ()
