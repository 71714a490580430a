"""What an owner is told about a site: gathered by the use cases that the page, the API and the commands call."""

from datetime import UTC, datetime

import pytest

from asgi.door import OWNER, wish
from gatepost import Visibility, read_wish
from gatepost.core.crawlers import Purpose
from gatepost.core.directives.robotstxt.model import Source
from gatepost.core.explanation import Question
from gatepost.core.obstacles import ObstacleKind
from gatepost.core.overview import Enforceability
from gatepost.core.preferences import Level, Stance
from gatepost.core.preview import Format
from gatepost.core.provenance import trace_robots
from gatepost.core.request import read_request
from gatepost.core.search import SearchTouched
from gatepost.core.snapshot import ROBOTS_TXT
from gatepost.errors import SiteUnknown, StoreUnavailable
from gatepost.service.releases import Act
from releasing import WITH_NEW

GARDEN = "garden.example"


@pytest.fixture
def overview(own_gate):
    async def told(host=GARDEN):
        return await own_gate.overviews.overview(host)

    return told


@pytest.fixture
def preview(own_gate):
    async def told(*wishes):
        return await own_gate.overviews.preview(GARDEN, [read_wish(text, own_gate.signatures) for text in wishes])

    return told


def purpose(told, name):
    return told.purposes[list(Purpose).index(Purpose(name))]


def kinds(told):
    return [obstacle.kind for obstacle in told.obstacles]


async def test_a_purpose_tells_stance_origin_and_since_when(overview):
    told = await overview()
    training, answers = purpose(told, "ai-training"), purpose(told, "ai-answers")
    assert (training.effective, training.own, training.origin.level) == (Stance.BLOCK, Stance.BLOCK, Level.SITE)
    assert training.since == told.history[0].at
    assert (answers.effective, answers.own, answers.since) == (None, None, None)


async def test_what_is_said_for_a_time_is_told_and_holds_then(own_gate, overview):
    await own_gate.owners.change_preferences(
        GARDEN, [read_wish("archives=block@2999-01-01..", own_gate.signatures)], OWNER
    )
    told = await overview()
    assert [(one.wish, str(one.period), one.origin.level) for one in told.dated] == [
        ("archives=block", "2999-01-01..", Level.SITE)
    ]
    assert purpose(told, "archives").effective is None


async def test_what_a_level_above_says_is_told_as_its_own(own_gate, overview):
    await own_gate.owners.change_platform_preferences([read_wish("archives=ask", own_gate.signatures)], OWNER)
    row = purpose(await overview(), "archives")
    assert (row.effective, row.own, row.origin.level) == (Stance.ASK, None, Level.PLATFORM)
    assert row.since is not None


async def test_what_would_hold_without_the_own_word_is_told(overview):
    row = purpose(await overview(), "ai-training")
    assert (row.inherited.value, row.inherited.origin.level) == (None, Level.BUILT_IN)


async def test_every_crawler_says_how_far_a_no_reaches(overview):
    rows = {row.name: row for row in (await overview()).crawlers}
    reach = [rows[name].enforceability for name in ("GPTBot", "Googlebot", "Google-Extended")]
    assert reach == [Enforceability.REFUSES, Enforceability.ASKS, Enforceability.NOT_BY_NAME]
    assert rows["GPTBot"].meets.action == "block"


async def test_search_crawlers_are_told_as_only_asked(overview):
    told = await overview()
    assert purpose(told, "search").asked_only == 0 < purpose(told, "ai-answers").asked_only


async def test_what_cannot_be_refused_by_name_is_told_as_only_asked(own_gate, overview):
    asked = {
        crawler.name
        for crawler in own_gate.signatures.crawlers
        if Purpose.AI_TRAINING in crawler.purposes and (crawler.mixed_use or crawler.robots_only)
    }
    assert {"Google-Extended", "Googlebot"} & asked
    assert purpose(await overview(), "ai-training").asked_only == len(asked)


async def test_a_crawler_on_trial_is_told_as_only_asked_as_yet(own_gate, overview):
    before = purpose(await overview(), "ai-training").asked_only
    await own_gate.releases.publish(WITH_NEW, Act(OWNER), shadow=True)
    await own_gate.recognition.look_at_store()
    told = await overview()
    [row] = [row for row in told.crawlers if row.name == "ProbeBotOfOurs"]
    assert row.enforceability is Enforceability.ON_TRIAL
    assert purpose(told, "ai-training").asked_only == before + 1


class TestObstacles:
    async def test_there_are_none_on_a_public_site(self, overview):
        assert kinds(await overview()) == []

    @pytest.mark.parametrize("visibility", [one for one in Visibility if one is not Visibility.PUBLIC])
    async def test_a_site_that_is_not_public(self, own_gate, overview, visibility):
        await own_gate.owners.change_visibility(GARDEN, visibility, OWNER)
        await own_gate.snapshots.refresh()
        [obstacle] = (await overview()).obstacles
        assert (obstacle.kind, obstacle.visibility) == (ObstacleKind.NOT_PUBLIC, visibility)

    async def test_an_own_file_that_closes_search(self, own_gate, overview):
        await own_gate.owners.change_robots_txt(GARDEN, "User-agent: *\nDisallow: /\n", OWNER, search_confirmed=True)
        await own_gate.snapshots.refresh()
        obstacle, *_ = (await overview()).obstacles
        assert (obstacle.kind, obstacle.lines) == (ObstacleKind.OWN_FILE_CLOSES, (2,))
        assert "Googlebot" in obstacle.crawlers

    async def test_an_own_file_that_would_let_a_refused_crawler_in(self, own_gate, overview):
        await own_gate.owners.change_robots_txt(GARDEN, "User-agent: GPTBot\nAllow: /\n", OWNER)
        await own_gate.snapshots.refresh()
        [obstacle] = (await overview()).obstacles
        assert (obstacle.kind, obstacle.crawlers) == (ObstacleKind.OWN_FILE_OVERRULED, ("GPTBot",))

    async def test_a_host_that_lags_behind(self, own_gate, overview):
        await own_gate.snapshots.visit(GARDEN)
        await own_gate.owners.change_preferences(GARDEN, [read_wish("archives=block", own_gate.signatures)], OWNER)
        told = await overview()
        assert (kinds(told), [host.live for host in told.hosts]) == ([ObstacleKind.NOT_LIVE], [False])

    async def test_a_silent_store_leaves_what_was_told_and_nothing_to_change(self, overview, store):
        before = await overview()
        store.down = True
        after = await overview()
        assert (kinds(after), after.writable, after.purposes) == ([ObstacleKind.STORE_SILENT], False, before.purposes)

    async def test_a_silent_store_is_an_error_where_nothing_was_told(self, overview, store):
        store.down = True
        with pytest.raises(StoreUnavailable):
            await overview()


async def test_an_unknown_site_is_an_error(overview):
    with pytest.raises(SiteUnknown):
        await overview("nobody.example")


async def test_the_history_tells_what_was_said_and_what_can_be_undone(own_gate, overview):
    await wish(own_gate, GARDEN, "ai-training=inherit", "archives=block")
    last, first, added = (await overview()).history
    assert (last.unsaid, last.said, last.undoable) == (("ai-training=block",), ("archives=block",), True)
    assert (first.said, first.undoable, added.change.kind) == (("ai-training=block",), False, "site-added")


class TestPreview:
    async def test_nothing_is_written(self, own_gate, preview):
        await preview("archives=block")
        assert (await own_gate.owners.show(GARDEN)).revision == 2

    async def test_documents_stand_as_they_are_and_as_they_would_be(self, preview):
        told = (await preview("archives=block")).document(Format.ROBOTS_TXT)
        assert told.changes
        assert "+User-agent: ia_archiver" in told.difference
        assert "-User-agent: GPTBot" not in told.difference

    async def test_what_widens_and_what_touches_search_is_named(self, preview):
        told = (await preview("ai-training=allow", "search=block", "Bravebot=ask")).consequences
        assert told.widens == ("ai-training",)
        assert told.search == (SearchTouched(crawler="Bravebot"), SearchTouched())

    async def test_its_token_confirms_this_very_change(self, own_gate, preview):
        token = (await preview("ai-training=allow")).consequences.token
        wishes = [read_wish("ai-training=allow", own_gate.signatures)]
        site = await own_gate.owners.change_preferences(GARDEN, wishes, OWNER, confirmation=token)
        assert site.statement.stances.ai_training is Stance.ALLOW

    async def test_readers_agree_and_search_stays(self, preview):
        verdict = (await preview()).verdict
        assert all(reader.agrees for reader in verdict.readers)
        assert [(probe.purpose, probe.allowed) for probe in verdict.probes] == [
            (Purpose.SEARCH, True),
            (Purpose.AI_TRAINING, False),
        ]

    async def test_a_wish_with_dates_is_shown_at_the_first_of_them(self, preview):
        told = await preview("ai-training=allow@2998-12-01..2999-03-01")
        assert [str(one.date()) for one in told.steps[1:]] == ["2998-12-01", "2999-03-01"]
        assert told.shown == told.steps[1]
        assert told.document(Format.AI_TXT).after == "# Spawning AI\n\nUser-Agent: *\nAllow: /\n"
        assert told.document(Format.AI_TXT).before != told.document(Format.AI_TXT).after

    async def test_until_then_everything_stays_and_afterwards_it_is_as_before(self, own_gate):
        wishes = [read_wish("ai-training=allow@2998-12-01..2999-03-01", own_gate.signatures)]
        now = (await own_gate.overviews.preview(GARDEN, [])).document(Format.AI_TXT).after
        for at, before, after in [
            (datetime(2998, 11, 30, tzinfo=UTC), "no", "no"),
            (datetime(2998, 12, 1, tzinfo=UTC), "no", "yes"),
            (datetime(2999, 3, 1, tzinfo=UTC), "yes", "no"),
        ]:
            told = (await own_gate.overviews.preview(GARDEN, wishes, at)).document(Format.AI_TXT)
            assert [one == now for one in (told.before, told.after)] == [before == "no", after == "no"]

    async def test_what_the_platform_announced_is_a_step_too(self, own_gate, preview):
        await own_gate.owners.change_platform_preferences(
            [read_wish("archives=block@2999-01-01..", own_gate.signatures)], OWNER
        )
        told = await preview("ai-training=ask")
        assert [one.year for one in told.steps[1:]] == [2999]
        assert told.shown == told.steps[0]

    async def test_many_dates_are_not_all_offered(self, preview):
        told = await preview(*(f"archives=block@29{year}-01-01..29{year}-02-01" for year in range(10, 30)))
        assert len(told.steps) == 13

    async def test_every_line_of_robots_txt_is_traced(self, own_gate, preview):
        await own_gate.owners.change_robots_txt(GARDEN, "User-agent: *\nDisallow: /cart/\n", OWNER)
        lines = (await preview("/press/:ai-training=allow")).traced[0].after
        told = {line.text: line for line in reversed(lines)}
        assert told["User-agent: GPTBot"].because[0].origin.level is Level.SITE
        assert [one.origin.level for one in told["Allow: /press/"].because] == [Level.PATH]
        assert (told["Disallow: /cart/"].source, told["Disallow: /cart/"].own_line) == (Source.OWN, 2)
        assert told["Allow: /.well-known/"].source is Source.OPEN
        assert all(line.source for line in lines if line.text)

    @pytest.mark.parametrize("own", ["", "User-agent: GPTBot\nDisallow: /x\n\nSitemap: https://a.example/s.xml\n"])
    async def test_the_traced_lines_are_the_bytes_that_are_served(self, own_gate, own):
        await own_gate.owners.change_robots_txt(GARDEN, own, OWNER)
        state = await own_gate.overviews.state_of_subject(GARDEN)
        rendering = await own_gate.overviews.rendering_of(state)
        lines = trace_robots(rendering, own, own_gate.signatures, own_gate.addresses(GARDEN))
        assert "".join(f"{line.text}\n" for line in lines).encode() == rendering.documents[ROBOTS_TXT].body


async def test_what_is_not_saved_is_explained_without_a_date_since_when(own_gate):
    question = Question(
        GARDEN, "/", read_request([(b"host", GARDEN.encode()), (b"user-agent", b"GPTBot")], b"/", b"", None)
    )
    saved = await own_gate.overviews.explain(question)
    tried = await own_gate.overviews.explain(question, [read_wish("ai-training=ask", own_gate.signatures)])
    assert (saved.decision.stance, saved.since is None) == (Stance.BLOCK, False)
    assert (tried.decision.stance, tried.since) == (Stance.ASK, None)
    assert {held.since for held in tried.held} == {None}
