"""The effect of another signature set is what rendering and deciding anew for every single site would say."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gatepost.core.crawlers import Crawler, Purpose, SignatureSet
from gatepost.core.directives.robotstxt.reading import read_robots
from gatepost.core.directives.robotstxt.rendering import compose_robots, write_robots
from gatepost.core.periods import at
from gatepost.core.policy import Action
from gatepost.core.preferences import Level, LevelStatement
from gatepost.core.signature_diff import compare
from gatepost.core.sites import (
    PLATFORM,
    Actor,
    ActorKind,
    Change,
    Event,
    RobotsTxtChanged,
    Site,
    SiteAdded,
    StatementChanged,
    Visibility,
    VisibilityChanged,
)
from gatepost.core.snapshot import policy_of
from gatepost.service import signature_effect
from gatepost.service.signature_effect import DecisionChange, SignatureEffect, SignatureEffects
from gatepost.storage import open_store
from policies import ADDRESSES, real_signatures, statement

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ACTOR = Actor(ActorKind.OPERATOR, "test")
FEW = replace(real_signatures(), crawlers=real_signatures().crawlers[:60])
PLATFORM_SAYS = statement(FEW, "archives=ask", *(f"{crawler.name}=ask" for crawler in FEW.crawlers[20:30]))
WISHES = [
    (),
    ("ai-training=block",),
    ("ai-training=block", "/press/:ai-training=allow"),
    ("ai-answers=license", "assistants=ask"),
    ("CCBot=block", "GPTBot=allow", "ai-training=ask"),
    ("search=block", "/a/:search=allow"),
]
OWN_ROBOTS = [
    "",
    "User-agent: CCBot\nDisallow: /x\n\nUser-agent: *\nDisallow: /y\n",
    "User-agent: NewBot1\nDisallow: /\n",
]


def sites() -> list[Site]:
    """Every wish with every robots.txt, twice; one site of each pair is private now and then."""
    made = []
    for number, (wishes, own) in enumerate([(wishes, own) for wishes in WISHES for own in OWN_ROBOTS] * 2):
        visibility = Visibility.PRIVATE if number % 7 == 0 else Visibility.PUBLIC
        said = statement(FEW, *wishes)
        made.append(Site(f"{number:03}", (f"s{number}.example",), said, visibility, own))
    return made


def events(site: Site) -> list[Event]:
    changes: list[Change] = [
        SiteAdded(site.hosts),
        StatementChanged(site.statement),
        VisibilityChanged(site.visibility),
        RobotsTxtChanged(site.robots_txt),
    ]
    return [Event(site.id, number, NOW, ACTOR, change) for number, change in enumerate(changes, 1)]


def another(dice: random.Random) -> SignatureSet:
    """The set after some come, some go, and some change in what decides or in what does not."""
    kept = [crawler for crawler in FEW.crawlers if dice.random() > 0.1]
    changed = [_changed(crawler, dice) if dice.random() < 0.2 else crawler for crawler in kept]
    new = [
        replace(changed[0], name=f"NewBot{n}", robots_tokens=(f"NewBot{n}",), purposes=_purposes(dice))
        for n in range(dice.randrange(4))
    ]
    return replace(FEW, crawlers=(*changed, *new), sha256=str(dice.random()))


def with_one_changed(dice: random.Random) -> SignatureSet:
    """The set with another purpose of one crawler, so that hardly a site notices."""
    number = dice.randrange(len(FEW.crawlers))
    changed = replace(FEW.crawlers[number], purposes=_purposes(dice))
    return replace(FEW, crawlers=(*FEW.crawlers[:number], changed, *FEW.crawlers[number + 1 :]), sha256="other")


def _changed(crawler: Crawler, dice: random.Random) -> Crawler:
    changes = [
        {"operator": "Another"},
        {"purposes": _purposes(dice)},
        {"robots_tokens": (*crawler.robots_tokens, f"{crawler.name}-Next")},
        {"robots_tokens": tuple(token.upper() for token in crawler.robots_tokens)},
        {"mixed_use": not crawler.mixed_use},
    ]
    return replace(crawler, **dice.choice(changes))  # type: ignore[arg-type]


def _purposes(dice: random.Random) -> frozenset[Purpose]:
    return frozenset(dice.sample(list(Purpose), dice.randint(1, 3)))


def robots_of(site: Site, signatures: SignatureSet) -> str:
    policy = policy_of(site, [LevelStatement(Level.PLATFORM, PLATFORM_SAYS)], at(NOW))
    return write_robots(compose_robots(policy, signatures.crawlers, read_robots(site.robots_txt), ADDRESSES))


LIMIT = sorted(len(robots_of(site, FEW).encode()) for site in sites())[len(sites()) // 2]
"""In place of what readers take: some are above it, some below, and some just there."""


def expected(old: SignatureSet, new: SignatureSet) -> SignatureEffects:
    """Counted the long way: every site rendered and decided anew."""
    effects = SignatureEffects()
    for site in sites():
        policy = policy_of(site, [LevelStatement(Level.PLATFORM, PLATFORM_SAYS)], at(NOW))
        texts = [robots_of(site, one) for one in (old, new)]
        growth = len(texts[1]) - len(texts[0])
        effects.sites += 1
        effects.robots_changed += texts[0] != texts[1]
        effects.octets += growth
        effects.octets_most = max(effects.octets_most, growth)
        effects.over_budget += len(texts[0].encode()) <= LIMIT < len(texts[1].encode())
        others: set[DecisionChange] = set()
        for name in old.by_name.keys() | new.by_name.keys():
            for zone in (policy.everywhere, *policy.zones):
                before, after = (
                    policy.ruling(one.by_name[name], zone).action if name in one.by_name else Action.ALLOW
                    for one in (old, new)
                )
                if before is not after and name not in {other.crawler.lower() for other in others}:
                    shown = (new if name in new.by_name else old).by_name[name].name
                    others.add(DecisionChange(shown, before, after))
        effects.decided_otherwise += bool(others)
        effects.decisions.update(others)
        said = {exception.crawler.lower() for exception in site.statement.crawlers}
        void = [one.name for one in old.crawlers if one.name.lower() in said - new.by_name.keys()]
        effects.void.update(void)
        for name in void:
            effects.void_hosts[name] = [*effects.void_hosts.get(name, ()), *site.hosts][:5]
    said = {exception.crawler.lower() for exception in PLATFORM_SAYS.crawlers}
    void = [one.name for one in old.crawlers if one.name.lower() in said - new.by_name.keys()]
    effects.void_defaults = {name: [PLATFORM] for name in void}
    return effects


@pytest.mark.parametrize("make", [another, with_one_changed])
@pytest.mark.parametrize("seed", range(6))
async def test_it_is_what_judging_every_single_site_would_say(make, seed, monkeypatch):
    monkeypatch.setattr(signature_effect, "MAX_ROBOTS_OCTETS", LIMIT)
    new = make(random.Random(seed))
    store = open_store("sqlite://")
    try:
        for site in sites():
            await store.append(*events(site))
        await store.append(Event(PLATFORM, 1, NOW, ACTOR, StatementChanged(PLATFORM_SAYS)))
        counted = SignatureEffects()
        effect = SignatureEffect(store, compare(FEW, new), NOW, lambda host: ADDRESSES)
        pages = [last async for last in effect.count(counted)]
    finally:
        await store.close()
    wanted = expected(FEW, new)
    assert pages == [sites()[-1].id]
    for field in SignatureEffects.__dataclass_fields__:
        assert getattr(counted, field) == getattr(wanted, field), field
    assert Counter(counted.decisions) == wanted.decisions
    if make is another:
        assert wanted.robots_changed
        assert wanted.decisions
