"""`gatepost signatures lint --sarif`: a log that code hosts can read, with every rule and every place."""

import json
from pathlib import Path

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema

GOOD = Path(__file__).with_name("signatures.yaml").read_text(encoding="utf-8")
BAD = GOOD.replace("user_agent_tokens: [CCBot]", "user_agent_tokens: [Code]").replace("2099-01-01", "2026-11-23", 1)


@pytest.fixture
def log(run, folder):
    """Lint a text under a name with a blank, as SARIF; judged by a model made from the standard's schema."""

    def judge(text, status):
        (folder / "my signatures.yaml").write_text(text, encoding="utf-8")
        written = run("signatures", "lint", "my signatures.yaml", "--sarif", status=status).stdout
        StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json(written)
        return json.loads(written)

    return judge


def test_a_result_has_its_rule_its_level_and_its_place(log):
    [run] = log(BAD, 1)["runs"]
    rules = run["tool"]["driver"]["rules"]
    found = {result["ruleId"]: result for result in run["results"]}
    generic = found["signatures.token.generic"]
    assert rules[generic["ruleIndex"]]["id"] == "signatures.token.generic"
    assert (generic["level"], found["signatures.review.overdue"]["level"]) == ("error", "warning")
    [location] = generic["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "my%20signatures.yaml"},
        "region": {"startLine": BAD.splitlines().index("    user_agent_tokens: [Code]") + 1, "startColumn": 25},
    }


def test_every_rule_is_there_with_its_help_whatever_was_found(log):
    [run] = log(GOOD, 0)["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert {"signatures.token.generic", "signatures.corpus.refused", "signatures.review.overdue"} <= rules.keys()
    assert all(rule["help"]["text"] for rule in rules.values())
    assert rules["signatures.token.inside"]["defaultConfiguration"] == {"level": "note"}


def test_a_file_that_cannot_be_parsed_has_one_result(log):
    [run] = log(GOOD + "  :- [", 1)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["signatures.yaml.syntax"]


def test_machines_get_one_format(run):
    assert "exclude each other" in run("signatures", "lint", "--json", "--sarif", status=2).output
