"""The signature file as it stands, and the decision about a user agent on a site that wants nothing for AI."""

import json
import shutil
import subprocess
from collections.abc import Callable

import pytest

from gatepost import Decision, SignatureSet
from gatepost.core.matching import Matcher
from gatepost.core.policy import decide
from gatepost.sources import load_signatures
from needs import missing
from policies import policy

AI_OPT_OUT = ("ai-training=block", "ai-answers=block", "assistants=block")

NPM_USER_AGENTS = "user-agents@2.1.198"

Decide = Callable[[str], Decision]


@pytest.fixture(scope="session")
def signatures() -> SignatureSet:
    return load_signatures()


@pytest.fixture(scope="session")
def matcher(signatures: SignatureSet) -> Matcher:
    return Matcher(signatures)


@pytest.fixture(scope="session")
def decided(signatures: SignatureSet, matcher: Matcher) -> Decide:
    """The decision about a user agent where every AI purpose is blocked."""
    opted_out = policy(signatures, *AI_OPT_OUT)
    return lambda user_agent: decide(opted_out, matcher.recognise(user_agent.encode()), ["/2026/a-post"])


@pytest.fixture(scope="session")
def npm_user_agents(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The browsers of npm's user-agents, installed once and kept with pytest's cache."""
    if shutil.which("npm") is None:
        missing(f"npm, for {NPM_USER_AGENTS}")
    cache = getattr(pytestconfig, "cache", None)
    name = f"npm-{NPM_USER_AGENTS}"  # with its version, so that another one is fetched anew
    folder = cache.mkdir(name) if cache else tmp_path_factory.mktemp(name)
    listed = folder / "node_modules" / "user-agents" / "dist" / "user-agents.json"
    if not listed.exists():
        install = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
        done = subprocess.run([*install, NPM_USER_AGENTS], capture_output=True, text=True, timeout=120, check=False)
        if done.returncode or not listed.exists():
            missing(f"{NPM_USER_AGENTS}: npm install failed: {done.stderr[-300:]}")
    entries = json.loads(listed.read_text(encoding="utf-8"))
    return sorted({entry["userAgent"] for entry in entries})
