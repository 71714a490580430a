"""Which items partners may be asked to remove."""

import pytest

from gatepost.core.notices import LONGEST_ITEM, LONGEST_URL, MOST_URLS, Item, check_item
from gatepost.errors import PartnerError

HOSTS = ("blog.example", "xn--bcher-kva.example")
HERE = "https://blog.example/"


@pytest.mark.parametrize(
    "item",
    [
        Item("4711"),
        Item("x" * LONGEST_ITEM, (HERE,)),
        Item("7", ("http://BLOG.example:8080/a?b#c", "https://xn--bcher-kva.example/7")),
        Item("7", (HERE + "x" * (LONGEST_URL - len(HERE)),) * MOST_URLS),
    ],
)
def test_one_of_the_site(item):
    check_item(item, HOSTS)


@pytest.mark.parametrize(
    ("item", "part"),
    [
        *((Item(id, (HERE,)), "id") for id in ("", " ", "x" * (LONGEST_ITEM + 1), "a\nb", "a\x1b[2J", "a\u2028b")),
        (Item("7", (HERE,) * (MOST_URLS + 1)), "many"),
        *(
            (Item("7", (HERE, url)), "url")
            for url in ("", "blog.example/7", "javascript:alert(1)", "ftp://blog.example/", HERE + "a b", HERE + "\n",
                        "https://else.example\\@blog.example/", HERE + "x" * LONGEST_URL)
        ),
        *(
            (Item("7", (HERE, url)), "host")
            for url in ("https://else.example/7", "https://blog.example@else.example/", "https://blog.example.else/",
                        "https://www.blog.example/", "https:///7", "https://[::1/")
        ),
    ],
)  # fmt: skip
def test_none_that_may_be_anothers_or_that_nobody_finds(item, part):
    with pytest.raises(PartnerError) as raised:
        check_item(item, HOSTS)
    assert (raised.value.id, bool(raised.value.remedy)) == (f"notice.item.{part}", True)
    assert "\n" not in str(raised.value)
