"""The two tools that read response fields before they take an image: img2dataset and datadiligence."""

import shutil
import sys
from pathlib import Path

import pytest

from journeys.little_platform import IMAGES, SITES
from needs import missing

pytestmark = [pytest.mark.network_clients]

OPEN = {("open.localhost", path) for path in IMAGES} | {("press.localhost", "/press/harbour.png")}
"""The images that owners leave to those who build data sets."""
EVERY = [(host, path) for host in SITES for path in IMAGES]


@pytest.fixture
def build_data_set(platform, tmp_path):
    """Let img2dataset download every image of the platform; give what became of each: ``None``, or its complaint."""
    command = shutil.which("img2dataset", path=str(Path(sys.executable).parent)) or missing(
        "img2dataset: pip install img2dataset"
    )
    parquet = pytest.importorskip("pyarrow.parquet", reason="missing: pyarrow: pip install img2dataset")

    def run(**options) -> dict[tuple[str, str], str | None]:
        urls = {platform.url(host, path): (host, path) for host, path in EVERY}
        url_list, folder = tmp_path / "urls.txt", tmp_path / "images"
        url_list.write_text("\n".join(urls) + "\n")
        fixed = {"processes_count": 1, "thread_count": 4, "timeout": 10, "enable_wandb": False, "resize_mode": "no"}
        given = {"url_list": url_list, "output_folder": folder, **fixed, **options}
        platform.run(command, *(f"--{name}={value}" for name, value in given.items()), cwd=tmp_path)
        rows = parquet.read_table(folder / "00000.parquet").to_pylist()
        stored = {row["key"] for row in rows if (folder / "00000" / f"{row['key']}.jpg").exists()}
        assert stored == {row["key"] for row in rows if row["status"] == "success"}
        return {urls[row["url"]]: row["error_message"] for row in rows}

    return run


@pytest.mark.slow
def test_img2dataset_leaves_what_x_robots_tag_denies_and_takes_the_rest(build_data_set):
    """Without a token it comes as Firefox, so that the field alone speaks."""
    became = build_data_set()
    assert {image for image, complaint in became.items() if complaint is None} == OPEN
    assert {complaint for complaint in became.values() if complaint} == {
        "Use of image disallowed by X-Robots-Tag directive"
    }


@pytest.mark.slow
def test_img2dataset_under_its_own_name_is_refused_too(build_data_set):
    became = build_data_set(user_agent_token="img2dataset")
    assert {image for image, complaint in became.items() if complaint is None} == OPEN
    told = {host: {became[host, path] for path in IMAGES if (host, path) not in OPEN} for host in SITES}
    assert told == {
        "garden.localhost": {"HTTP Error 403: Forbidden"},
        "press.localhost": {"HTTP Error 403: Forbidden"},
        "asks.localhost": {"Use of image disallowed by X-Robots-Tag directive"},
        "licensed.localhost": {"HTTP Error 402: Payment Required"},
        "open.localhost": set(),
    }


@pytest.fixture
def requests():
    """The library that datadiligence fetches with."""
    return pytest.importorskip("requests", reason="missing: requests: pip install datadiligence")


@pytest.fixture
def responses(platform, requests, localhost_names):
    """Each image as a client fetches it that is no crawler."""
    with requests.Session() as session:
        yield {image: session.get(platform.url(*image), timeout=10) for image in EVERY}


@pytest.fixture
def rules():
    """The two rules of datadiligence that read response fields."""
    http = pytest.importorskip("datadiligence.rules.http", reason="missing: datadiligence: pip install datadiligence")
    return {"X-Robots-Tag": http.XRobotsTagHeader(), "tdm-reservation": http.TDMRepHeader()}


@pytest.mark.parametrize("field", ["X-Robots-Tag", "tdm-reservation"])
def test_datadiligence_allows_what_owners_leave_open_and_nothing_else(responses, rules, field):
    assert {image for image, response in responses.items() if rules[field].is_allowed(response=response)} == OPEN
    assert {image for image, response in responses.items() if rules[field].is_allowed(headers=response.headers)} == OPEN


@pytest.mark.parametrize("field", ["X-Robots-Tag", "tdm-reservation"])
def test_datadiligence_comes_to_the_same_when_it_fetches_by_itself(platform, responses, rules, field):
    """Under the name of python-requests, which nobody refuses."""
    assert {image for image in responses if rules[field].is_allowed(url=platform.url(*image))} == OPEN


def test_datadiligence_finds_the_fields_on_a_refusal_too(platform, requests, rules, localhost_names):
    """It takes the fields of a refusal, though not the refusal itself, which counts as false."""
    for host, path in EVERY:
        answer = requests.get(platform.url(host, path), headers={"User-Agent": "CCBot/2.0"}, timeout=10)
        allowed = {name: rule.is_allowed(headers=answer.headers) for name, rule in rules.items()}
        assert set(allowed.values()) == {(host, path) in OPEN}, (host, path)


def test_datadiligence_as_a_pipeline_would_call_it(responses, localhost_names):
    """Its own evaluator: every rule that it applies to a response, in one call."""
    evaluator = pytest.importorskip("datadiligence", reason="missing: datadiligence").HttpEvaluator()
    assert {image for image, response in responses.items() if evaluator.is_allowed(response=response)} == OPEN
