"""``gatepost robots``: lint any robots.txt, and say what it allows.

Rules: our own reader answers by RFC 9309; other readers stand beside it and are never corrected; any octets are taken.
"""

import json
from typing import Annotated, Any

import typer

from gatepost.cli.commands import FINDING, add_command, family
from gatepost.cli.faults import show_faults
from gatepost.cli.inputs import Json, batches, opened, read_octets
from gatepost.cli.output import emphasised, flush, ndjson, write, write_row
from gatepost.core.directives.robotstxt import RobotsTxt, evaluate, read_robots

__all__ = ["register"]

_ROBOTS_TXT_READ = 1024 * 1024
"""Octets: more than a reader takes (RFC 9309 §2.5), so that it can say that a file is too long."""
_LONGEST = 16 * 1024 * 1024
"""Octets of a line of NDJSON."""
_KEPT = 8
"""Files that stay read; few, because each may be large."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    robots = family(app, "robots", "Lint and evaluate any robots.txt.")
    add_command(
        robots,
        "check",
        check,
        "gatepost preview --site blog.example | gatepost robots check -",
        "gatepost robots check robots.txt",
        "gatepost robots check robots.txt --user-agent GPTBot --url /2024/post",
    )
    add_command(robots, "evaluate", evaluate_rows, "gatepost robots evaluate questions.ndjson")


def check(
    file: Annotated[str, typer.Argument(help="A robots.txt; - is stdin.")],
    user_agent: Annotated[
        str | None, typer.Option(metavar="UA", help="Ask all readers whether this one may fetch.")
    ] = None,
    url: Annotated[str, typer.Option(metavar="URL", help="What it would fetch: a URL or a path.")] = "/",
    json: Json = False,
) -> None:
    """Note all that is odd in a robots.txt and, when asked, what several readers make of it.

    Readers: ours (RFC 9309), Google's own where jwm.robotstxt is installed, Protego, robotexclusionrulesparser and
    Python's urllib.robotparser, of which the last two obey the first rule that matches. Exit 1: there are notes, or
    the readers disagree.
    """
    octets = read_octets(file, _ROBOTS_TXT_READ)
    robots = read_robots(octets)
    show_faults(octets, robots.notes, json)
    agree = user_agent is None or _show_verdicts(octets, robots, (user_agent, url), json)
    raise typer.Exit(FINDING if robots.notes or not agree else 0)


def _show_verdicts(octets: bytes, robots: RobotsTxt, asked: tuple[str, str], json: bool) -> bool:
    """Show what each reader says, and tell whether they agree."""
    from gatepost.cli.robots_readers import verdicts_of

    verdicts = verdicts_of(octets, robots, *asked)
    for verdict in verdicts:
        if json:
            write_row(verdict)
        else:
            word = emphasised("allowed", "green") if verdict["allowed"] else emphasised("disallowed", "red")
            write(f"{verdict['reader']:<26}{word}{' ' * (12 - len(word))}{verdict['rule'] or ''}\n")
    agree = len({verdict["allowed"] for verdict in verdicts}) == 1
    if not agree and not json:
        write("The readers disagree: what they are asked for has to be written more plainly.\n")
    return agree


def evaluate_rows(
    file: Annotated[str, typer.Argument(help="NDJSON; - is stdin.")] = "-",
) -> None:
    """Evaluate robots.txt files by RFC 9309: NDJSON in, the same with "allowed" out, a line for a line.

    A row is {"robots_txt", "user_agent", "url"}; what else it has is kept. Exit 1: some row could not be read, and
    has an "error" in its place.
    """
    evaluator = _Evaluator()
    with opened(file) as stream:
        for lines in batches(stream, _LONGEST):
            for line in lines:
                write(evaluator.answer(line))
            flush()
    raise typer.Exit(FINDING if evaluator.failed else 0)


class _Evaluator:
    """Answers rows, and keeps the files that it read last."""

    def __init__(self) -> None:
        self.failed = False
        self._read: dict[str, RobotsTxt] = {}

    def answer(self, line: bytes) -> str:
        """The row with its verdict, or an error in its place."""
        try:
            row = _row(line)
            verdict = evaluate(self._robots(row["robots_txt"]), row["user_agent"], row["url"])
            return ndjson({**row, "allowed": verdict.allowed})
        except (ValueError, RecursionError) as error:
            self.failed = True
            return ndjson({"error": str(error)})

    def _robots(self, text: str) -> RobotsTxt:
        robots = self._read.get(text)
        if robots is None:
            if len(self._read) >= _KEPT:
                self._read.clear()
            robots = self._read[text] = read_robots(text)
        return robots


def _row(line: bytes) -> dict[str, Any]:
    """A row, or :class:`ValueError`."""
    if len(line) > _LONGEST:
        raise ValueError(f"a line of more than {_LONGEST} octets")
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    for key in ("robots_txt", "user_agent", "url"):
        if not isinstance(row.get(key), str):
            raise ValueError(f"{key} has to be a string")
    return row
