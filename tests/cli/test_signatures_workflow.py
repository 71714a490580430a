"""examples/signatures-workflow.yml: its steps run as they stand on a pull request, in a repository of its own."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

WORKFLOW = Path(__file__).parents[2] / "examples" / "signatures-workflow.yml"
GOOD = Path(__file__).with_name("signatures.yaml").read_text(encoding="utf-8")
TEXT = WORKFLOW.read_text(encoding="utf-8")
LOADED = yaml.safe_load(TEXT)
STEPS = {step["name"]: step for step in LOADED["jobs"]["judge"]["steps"] if "name" in step}
ELSEWHERE = {"Install", "Show faults beside their lines"}
"""What needs PyPI or the code host."""
GH = """#!/bin/sh
case "$*" in *--jq*) printf '%s' "$COMMENT"; exit 0 ;; esac
printf '%s\\n' "$@" > gh.words
while [ "$#" -gt 1 ]; do shift; done
cp "${1#body=@}" gh.body
[ -s gh.body ]
"""
"""In place of the code host's command: it knows one comment or none, and takes the file that is named last, if there is
anything in it."""


def test_it_is_a_workflow_by_the_hosts_own_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_of_a_pull_request_gets_into_a_command():
    """An expression in a script is text that a stranger may have written; in ``env`` it stays a value."""
    assert [name for name, step in STEPS.items() if "${{" in step.get("run", "")] == []
    assert LOADED["permissions"] == {"contents": "read"}
    assert LOADED["jobs"]["judge"]["permissions"] == {
        "contents": "read",
        "pull-requests": "write",
        "security-events": "write",
    }


@pytest.fixture
def judged(folder, shell):
    """Commit a base and a pull request, and run all steps: their exit statuses, and the comment.

    A base of ``None`` has no such file.
    """
    (folder / "bin" / "gh").write_text(GH, encoding="utf-8")
    (folder / "bin" / "gh").chmod(0o755)

    def commit(text):
        (folder / "crawler_signatures.yaml").write_text(text, encoding="utf-8")
        quiet = "git -c user.name=t -c user.email=t@t.example commit -q -m x"
        assert shell(f"git init -q . && git add crawler_signatures.yaml && {quiet}").returncode == 0

    def run(base, pull, **environment):
        if base is None:
            quiet = "git -c user.name=t -c user.email=t@t.example commit -q --allow-empty -m x"
            assert shell(f"git init -q . && {quiet}").returncode == 0
        else:
            commit(base)
        commit(pull)
        environment |= {"SIGNATURES": LOADED["env"]["SIGNATURES"], "GITHUB_STEP_SUMMARY": "summary.md"}
        environment |= {"PULL_REQUEST": "7", "GITHUB_REPOSITORY": "ours/sites", "LINT": "success", "TEST": "failure"}
        for variable in ("COMMENT", "GATEPOST_DATABASE", "GATEPOST_SIGNATURES"):
            environment.setdefault(variable, "")
        done = {
            name: shell(f"set -e; {step['run']}", **environment).returncode
            for name, step in STEPS.items()
            if name not in ELSEWHERE
        }
        return done, (folder / "diff.md").read_text(encoding="utf-8")

    return run


def test_a_good_change_passes_and_is_told(judged, folder):
    done, comment = judged(GOOD, GOOD.replace("1.2.3", "1.2.4").replace("operator: Apple", "operator: Apple Inc"))
    assert done == {"Lint": 0, "Test": 0, "Diff": 0, "Comment": 0}
    assert "- `Applebot` operator: `Apple` -> `Apple Inc`" in comment
    assert (folder / "summary.md").read_text(encoding="utf-8") == comment
    body = (folder / "gh.body").read_text(encoding="utf-8")
    assert body.startswith(
        f"<!-- gatepost-signatures -->\n{comment}\n<details><summary>lint: success</summary>\n\n    "
    )
    assert "\n<details><summary>test: failure</summary>\n\n    " in body
    words = "api --method POST repos/ours/sites/issues/7/comments --silent -F body=@comment.md"
    assert (folder / "gh.words").read_text(encoding="utf-8").splitlines() == words.split()
    assert (folder / "lint.sarif").read_text(encoding="utf-8").startswith('{"$schema"')


def test_our_own_comment_is_written_anew(judged, folder):
    done, _ = judged(GOOD, GOOD.replace("1.2.3", "1.2.4"), COMMENT="4711")
    assert done["Comment"] == 0
    words = "api --method PATCH repos/ours/sites/issues/comments/4711 --silent -F body=@comment.md"
    assert (folder / "gh.words").read_text(encoding="utf-8").splitlines() == words.split()


def test_a_file_that_cannot_be_read_is_told_in_the_comment(judged, folder):
    done, _ = judged(GOOD, GOOD.replace("crawlers:", "crawlers: ]", 1))
    assert (done["Lint"], done["Diff"], done["Comment"]) == (1, 2, 0)
    body = (folder / "gh.body").read_text(encoding="utf-8")
    assert "**It cannot be compared with what it replaces.**\n\n    gatepost: " in body
    assert "signatures.yaml" in body


def test_a_pull_request_that_adds_the_file_is_judged_like_any_other(judged):
    done, comment = judged(None, GOOD)
    assert done == {"Lint": 0, "Test": 0, "Diff": 0, "Comment": 0}
    assert comment == "`crawler_signatures.yaml` is new: there is nothing to compare it with.\n"


def test_what_the_diff_asks_is_installed():
    """The secret is a database of a fleet, which is PostgreSQL."""
    assert "gatepost[postgres]" in STEPS["Install"]["run"]


def test_a_token_that_people_carry_fails_the_test(judged):
    done, _ = judged(GOOD, GOOD.replace("1.2.3", "1.2.4").replace("tokens: [CCBot]", "tokens: [CCBot, Electron]"))
    assert done == {"Lint": 0, "Test": 1, "Diff": 0, "Comment": 0}


def test_a_file_with_faults_fails_and_its_faults_are_there_to_be_shown(judged, folder):
    done, _ = judged(GOOD, GOOD.replace("user_agent_tokens: [CCBot]", "user_agent_tokens: [Code]"))
    assert done == {"Lint": 1, "Test": 1, "Diff": 2, "Comment": 0}
    assert "signatures.token.generic" in (folder / "lint.sarif").read_text(encoding="utf-8")


def test_a_breaking_change_fails_and_says_so_with_its_effect_on_the_sites(judged, run):
    run("sites", "add", "blog.example")
    run("sites", "set", "blog.example", "ai-training=block")
    pull = GOOD.replace("1.2.3", "2.0.0").replace("purposes: [ai-training]", "purposes: [archives]", 1)
    done, comment = judged(
        GOOD, pull, GATEPOST_DATABASE="sqlite:///sites.db", GATEPOST_SIGNATURES="crawler_signatures.yaml"
    )
    assert done == {"Lint": 0, "Test": 0, "Diff": 1, "Comment": 0}
    assert "**breaking**: what owners said means something else for `GPTBot`" in comment
    assert "### Effect on 1 site\n" in comment
    assert "`GPTBot`: block -> allow on 1 site\n" in comment
