"""Random items for the export gate, and what must become of them by a reading of the rules that is not the gate's."""

import random

SITES = [f"{number}.example" for number in range(40)]
FLAGS = ("explicit", "password", "unanswered_question", "private_answer", "message", "paid", "partner_owned")
WORDS = ("", "false", "False", "Public ", "PUBLIC", "LIVE", "new value")
ODD: list[object] = [None, 0, 1, 7, 0.0, True, [], {}, [None], *WORDS]
NOT_THERE = object()


def is_open(site):
    """Whether a site takes part: three of four do, and the last ten say no below /no/."""
    return int(site.removesuffix(".example")) % 4 != 0


def denies(site, path):
    return int(site.removesuffix(".example")) >= 30 and (path is None or path.startswith("/no/"))


def record(dice, number, oddness):
    """An item that may be shared, but for the share of its fields that are odd, and for flags that are up."""
    item = {
        "id": f"item {number}",
        "site": dice.choice(SITES),
        "authors": dice.sample(SITES, dice.choice((0, 0, 0, 1, 2))),
        "path": dice.choice(("/", f"/{number}", "/no/1", "/no", "*")),
        "visibility": "private" if dice.random() < 0.05 else "public",
        "state": dice.choice(("draft", "scheduled", "deleted", "suspended")) if dice.random() < 0.05 else "live",
        **{flag: dice.random() < 0.02 for flag in FLAGS},
        "content": "text " * dice.randrange(200),
    }
    for name in [name for name in item if name != "content" and dice.random() < oddness]:
        value = dice.choice([NOT_THERE, *ODD])
        if value is NOT_THERE:
            del item[name]
        else:
            item[name] = value
    if dice.random() < oddness:
        item[dice.choice(("friends_only", "Explicit", "embargo"))] = dice.choice((True, False, None))
    return item


def records(seed, count, oddness=0.01):
    """The same in every run."""
    dice = random.Random(seed)
    return (record(dice, number, oddness) for number in range(count))


def may_be_shared(item):
    """By the rules as they are written down, from the record alone."""
    if set(item) != {"id", "site", "authors", "path", "visibility", "state", "content", *FLAGS}:
        return False
    if not (type(item["id"]) is str and item["id"]) or item["site"] not in SITES:
        return False
    if type(item["authors"]) is not list or any(author not in SITES for author in item["authors"]):
        return False
    if type(item["path"]) is not str or not (item["path"] == "*" or item["path"][:1] == "/"):
        return False
    if item["visibility"] != "public" or item["state"] != "live" or any(item[flag] is not False for flag in FLAGS):
        return False
    path = None if item["path"] == "*" else item["path"]
    if not is_open(item["site"]) or denies(item["site"], path):
        return False
    return all(is_open(author) and not denies(author, None) for author in item["authors"])
