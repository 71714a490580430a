"""User agents from corpora: others' packages, read where they are installed and never copied; and our own.

A sample is a user agent with what its corpus calls it: a name, and a kind. What a corpus says is an opinion, kept apart
from ours.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import yaml

from gatepost.core.corpora import Expected
from gatepost.sources import packaged_corpora
from needs import missing

ESCAPED = re.compile(r"\\(.)")
REGEX_TAIL = re.compile(r"[/^$ ]+$")
LITERAL = re.compile(r"[\w .+!:/-]+")
SCALAR = re.compile(r"^ +user_agent: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sample:
    """A user agent, and what its corpus says of it."""

    user_agent: str
    name: str = ""
    kinds: frozenset[str] = frozenset()


def installed(module: str, package: str) -> Path:
    """The folder of an installed package."""
    if find_spec(module) is None:
        missing(f"{package}: pip install {package}")
    return Path(str(files(module)))


def own(name: str) -> list[Sample]:
    """One of the corpora that come with Gatepost."""
    return [Sample(specimen.user_agent, kinds=frozenset({name})) for specimen in _OWN[name].specimens]


_OWN = {corpus.name: corpus for corpus in packaged_corpora()}
OWN = tuple(name for name, corpus in _OWN.items() if corpus.expected is not Expected.NAMED)


def plain(pattern: str) -> str:
    """What a pattern spells, when it is a name with some escapes: ``GPTBot\\/`` is GPTBot."""
    return REGEX_TAIL.sub("", ESCAPED.sub(r"\1", pattern.lstrip("^")))


@cache
def crawler_user_agents() -> tuple[Sample, ...]:
    """monperrus/crawler-user-agents: patterns with instances and tags."""
    folder = installed("crawleruseragents", "crawler-user-agents")
    entries = json.loads((folder / "crawler-user-agents.json").read_text(encoding="utf-8"))
    return tuple(
        Sample(instance, plain(entry["pattern"]), frozenset(entry.get("tags", ())))
        for entry in entries
        for instance in entry.get("instances", ())
    )


@cache
def ai_crawler_index() -> tuple[Sample, ...]:
    """ai-crawler-index: names, the token of each as it stands in the user agent, and a category."""
    folder = installed("ai_crawler_index", "ai-crawler-index")
    entries = json.loads((folder / "data.json").read_text(encoding="utf-8"))["crawlers"]
    return tuple(
        Sample(entry["ua"], entry["name"], frozenset({entry["category"]}))
        for entry in entries
        if not entry["ua"].startswith("(")  # "(control token only — no crawler)"
    )


@cache
def crawlerdetect() -> tuple[Sample, ...]:
    """CrawlerDetect: it ships patterns alone; those that are plain names stand for themselves."""
    installed("crawlerdetect", "crawlerdetect")
    from crawlerdetect.providers.crawlers import data

    names = (plain(pattern) for pattern in data)
    return tuple(Sample(name, name) for name in names if LITERAL.fullmatch(name))


@cache
def device_detector_crawlers() -> tuple[Sample, ...]:
    """Matomo's device detector: the fixtures of what it calls bots, with name and category."""
    entries = yaml.safe_load((device_detector_fixtures() / "bots.yml").read_text(encoding="utf-8"))
    return tuple(
        Sample(str(entry["user_agent"]), entry["bot"]["name"], frozenset({entry["bot"].get("category") or ""}))
        for entry in entries
    )


@cache
def device_detector_people() -> tuple[Sample, ...]:
    """Its fixtures of everything else: browsers on all devices, apps, players, feed readers."""
    found: Iterator[Sample] = (
        Sample(scalar(line), kinds=frozenset({path.stem}))
        for path in sorted(device_detector_fixtures().glob("*.yml"))
        if path.stem != "bots"
        for line in SCALAR.findall(path.read_text(encoding="utf-8"))
    )
    return tuple(found)


def scalar(text: str) -> str:
    """The value of a YAML scalar on one line; the fixtures are far too long to be read whole."""
    return str(yaml.safe_load(text)) if text[0] in "\"'|>" else text


def device_detector_fixtures() -> Path:
    folder = installed("device_detector", "device-detector") / "tests" / "fixtures" / "upstream"
    if not folder.is_dir():
        missing("device-detector with its fixtures: pip install device-detector==6.5.1")
    return folder


LABELLED: dict[str, Callable[[], tuple[Sample, ...]]] = {
    "crawler-user-agents": crawler_user_agents,
    "ai-crawler-index": ai_crawler_index,
    "crawlerdetect": crawlerdetect,
    "device-detector": device_detector_crawlers,
}
"""Corpora of crawlers, which say what each of them is."""
