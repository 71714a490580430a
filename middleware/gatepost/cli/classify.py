"""``gatepost classify``: which crawlers user agents name, a line each.

Rules: a line in, a line out, in order, and answered as soon as it has come; any octets are taken; memory does not
grow with the input.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gatepost.cli.commands import FINDING, add_command
from gatepost.cli.inputs import batches, opened, signatures_in_force
from gatepost.cli.output import flush, ndjson, write
from gatepost.core.crawlers import Match, Purpose, Standing
from gatepost.core.matching import Matcher

__all__ = ["register"]

_LONGEST = 88 * 1024
"""Octets of a line; doors refuse user agents of more than 64 KiB, which base64 makes a third longer."""
_KEPT = 16_384
_KEPT_OCTETS = 512


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(
        app,
        "classify",
        classify,
        "printf 'GPTBot/1.4\\n' | gatepost classify",
        "gatepost classify user-agents.txt",
        "printf 'R1BUQm90LzEuNA==\\n' | gatepost classify --base64 -",
    )


def classify(
    file: Annotated[str, typer.Argument(help="One user agent a line; - is stdin.")] = "-",
    encoded: Annotated[bool, typer.Option("--base64", help="Each line is a user agent's octets in base64.")] = False,
    signatures: Annotated[Path | None, typer.Option(help="A signature file in place of this machine's.")] = None,
) -> None:
    """Say which crawler each user agent names: a line in, a JSON object a line out.

    Where a line names several crawlers, "crawler" is the first that comes for AI, and "matches" has them all. A name
    that exists in robots.txt alone is no crawler when a client sends it, and is told as "forged". A line that is not
    UTF-8 is shown as Latin-1. Exit 1: some line could not be read, and has an "error".
    """
    classifier = _Classifier(Matcher(signatures_in_force(signatures)))
    answer = classifier.answer_base64 if encoded else classifier.answer
    with opened(file) as stream:
        for lines in batches(stream, _LONGEST):
            write("".join(map(answer, lines)))
            flush()
    raise typer.Exit(FINDING if classifier.failed else 0)


class _Classifier:
    """Answers lines, and remembers what it said of the latest ones."""

    def __init__(self, matcher: Matcher) -> None:
        self.failed = False
        self._matcher = matcher
        self._answers: dict[bytes, str] = {}
        self._tails: dict[tuple[str, ...], str] = {}

    def answer(self, line: bytes) -> str:
        """The answer to a user agent."""
        kept = self._answers.get(line)
        return self._remember(line, line) if kept is None else kept

    def answer_base64(self, line: bytes) -> str:
        """The answer to a user agent in base64."""
        try:
            user_agent = base64.b64decode(line, validate=True)
        except binascii.Error as error:
            return self._failure(line, f"not base64: {error}")
        return self._compose(line, user_agent)

    def _remember(self, line: bytes, user_agent: bytes) -> str:
        answer = self._compose(line, user_agent)
        if len(line) <= _KEPT_OCTETS:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            self._answers[line] = answer
        return answer

    def _compose(self, line: bytes, user_agent: bytes) -> str:
        if len(line) > _LONGEST:
            return self._failure(line[:_KEPT_OCTETS], f"longer than {_LONGEST} octets")
        matches = self._matcher.recognise(user_agent)
        tokens = tuple(match.token for match in matches)
        tail = self._tails.get(tokens)
        if tail is None:
            tail = self._tails[tokens] = f", {ndjson(_told(matches))[1:]}"
        return f'{{"user_agent": {json.dumps(_text(line))}{tail}'

    def _failure(self, line: bytes, why: str) -> str:
        self.failed = True
        return ndjson({"user_agent": _text(line), "error": why})


def _text(line: bytes) -> str:
    """As UTF-8 or, if it is none, octet by octet."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _told(matches: Sequence[Match]) -> dict[str, object]:
    """All that is said of the matches in a user agent."""
    real = [match for match in matches if match.standing is not Standing.FORGED]
    forged = [match.crawler.name for match in matches if match.standing is Standing.FORGED]
    told = _told_crawler(min(real, key=lambda match: not match.crawler.ai)) if real else _NOBODY
    if len(matches) > 1:
        told = {**told, "matches": [match.crawler.name for match in matches]}
    if forged:
        told = {**told, "standing": told["standing"] or Standing.FORGED, "forged": forged[0]}
    return told


_NOBODY: dict[str, object] = {
    "crawler": None,
    "operator": None,
    "purposes": [],
    "mixed": False,
    "ai": False,
    "token": None,
    "standing": None,
}


def _told_crawler(match: Match) -> dict[str, object]:
    crawler = match.crawler
    return {
        "crawler": crawler.name,
        "operator": crawler.operator,
        "purposes": [purpose for purpose in Purpose if purpose in crawler.purposes],
        "mixed": crawler.mixed_use,
        "ai": crawler.ai,
        "token": match.token,
        "standing": match.standing,
    }
