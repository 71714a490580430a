"""wget, which keeps to robots.txt under its own name, and curl, which reads none: neither is disturbed."""

import shutil
import subprocess

import pytest

from journeys.little_platform import ALIASES, PATHS
from needs import missing

pytestmark = [pytest.mark.network_clients]

GPTBOT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.4; +https://openai.com/gptbot"
[EVERYWHERE_KNOWN] = ALIASES["garden.localhost"]


@pytest.fixture
def mirror(platform, tmp_path):
    """wget, recursively from a site's front page; give its exit status and the paths that were served to it.

    Its resolver need not know names below .localhost: it connects to this machine and says whom it wants.
    """
    if shutil.which("wget") is None:
        missing("wget: apt-get install wget")

    def run(host: str, *options: str) -> tuple[int, dict[str, int]]:
        before = len(platform.visits())
        named = f"--header=Host: {host}:{platform.port}"
        fixed = ["wget", "--recursive", "--quiet", "--no-proxy", "--tries=1", "--timeout=10", named]
        command = [*fixed, *options, platform.url(EVERYWHERE_KNOWN)]
        done = subprocess.run(command, cwd=tmp_path, env=platform.environment, timeout=60, check=False)
        visits = platform.visits(after=before)
        assert {visit.host for visit in visits} == {host}
        return done.returncode, {visit.path: visit.status for visit in visits}

    return run


@pytest.mark.parametrize("host", ["localhost", "garden.localhost", "asks.localhost", "licensed.localhost"])
def test_wget_mirrors_a_site_that_is_closed_to_ai(mirror, host):
    assert mirror(host) == (0, dict.fromkeys([*PATHS, "/robots.txt"], 200))


def test_wget_keeps_to_the_rules_that_an_owner_wrote_for_all(mirror):
    status, visits = mirror("press.localhost")
    assert (status, set(visits.values())) == (0, {200})
    assert set(visits) == {*PATHS, "/robots.txt"} - {"/admin/"}


def test_wget_under_the_name_of_a_refused_crawler_is_refused(mirror):
    """wget says "server error" for 8."""
    status, visits = mirror("garden.localhost", "-U", GPTBOT, "-e", "robots=off")
    assert (status, visits) == (8, {"/": 403})


@pytest.mark.parametrize(
    ("host", "agent", "status"),
    [
        ("garden.localhost", None, 200),
        ("garden.localhost", GPTBOT, 403),
        ("asks.localhost", GPTBOT, 200),
        ("licensed.localhost", GPTBOT, 402),
        ("open.localhost", GPTBOT, 200),
    ],
)
def test_curl_is_let_in_under_its_own_name_and_judged_by_another(platform, host, agent, status):
    if shutil.which("curl") is None:
        missing("curl: apt-get install curl")
    named = ["-A", agent] if agent else []
    found = platform.run("curl", "-s", "-i", *named, "-H", f"Host: {host}", platform.url(EVERYWHERE_KNOWN))
    assert found.stdout.startswith(f"HTTP/1.1 {status} ")
