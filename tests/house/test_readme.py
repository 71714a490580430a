"""The README does not lag: its blocks run, and what they show is what comes out.

``python`` blocks are executed, each in a namespace of its own. In ``console`` and ``sh`` blocks every line that begins
with ``$ `` is run; what follows it is looked for in its output, in order, where ``...`` stands for anything. A command
that must end with another status than 0 says so: ``$ gatepost robots check bad.txt  # exit 1``. Of ``make`` only the
target is checked. A block under ``<!-- not run: reason -->`` is left out. All share one empty folder, top to bottom.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from house.source_tree import CHECKOUT

README = CHECKOUT / "README.md"
SECONDS = 120
FENCE = re.compile(
    r"(?P<before>^<!-- not run: (?P<reason>[^\n]+?) -->\s*\n)?"
    r"^```(?P<language>python|console|sh)[^\n]*\n(?P<text>.*?)^```\s*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    text: str
    shown: tuple[str, ...]

    @property
    def status(self) -> int:
        said = re.search(r"#\s*exit (\d+)\s*$", self.text)
        return int(said[1]) if said else 0


def blocks(markdown: str) -> Iterator[Block]:
    """The blocks to be run, with the line that each begins on."""
    for found in FENCE.finditer(markdown):
        if not found["reason"]:
            yield Block(found["language"], found["text"], markdown.count("\n", 0, found.start("text")) + 1)


def commands(text: str) -> Iterator[Command]:
    """The commands of a console block, each with the output shown under it."""
    joined = text.replace("\\\n", " ")
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield Command(command.strip(), tuple(line for line in shown if line.strip()))


def differs(shown: tuple[str, ...], output: str) -> str | None:
    """The first shown line that the output does not have, in order; spaces count once, ``...`` is anything."""
    lines = iter(" ".join(line.split()) for line in output.splitlines())
    for wanted in shown:
        pattern = ".*".join(re.escape(" ".join(part.split())) for part in wanted.split("..."))
        if wanted.strip() != "..." and not any(re.search(pattern, line) for line in lines):
            return wanted
    return None


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def run(command: Command, folder: Path) -> None:
    words = command.text.split()
    if words[0] == "make":
        named = {word for word in words[1:] if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")}
        assert named <= targets((CHECKOUT / "Makefile").read_text(encoding="utf-8"))
        return
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        command.text, shell=True, cwd=folder, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == command.status, f"$ {command.text}\n{done.stdout}"
    assert differs(command.shown, done.stdout) is None, f"$ {command.text}\n{done.stdout}"


def test_the_readme_is_there():
    assert README.is_file(), "README.md is missing"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reader")


TO_RUN = list(blocks(README.read_text(encoding="utf-8"))) if README.is_file() else []


@pytest.mark.slow
@pytest.mark.parametrize("block", TO_RUN, ids=lambda block: f"line-{block.line}")
def test_a_block_of_the_readme_runs(block, folder, monkeypatch):
    monkeypatch.chdir(folder)
    if block.language == "python":
        exec(compile(block.text, f"README.md from line {block.line}", "exec"), {"__name__": "readme"})
    for command in commands(block.text) if block.language != "python" else ():
        run(command, folder)


# ------------------------------------------------------------------------------------- the reader can be trusted

SAMPLE = """\
# Title

```python
x = 1
```

<!-- not run: needs a network -->
```sh
$ curl example.org
```

```console
$ echo one \\
    two
one two
$ false  # exit 1
```

```yaml
$ not: this
```
"""


def test_blocks_are_found_with_their_lines_and_the_excused_are_left_out():
    assert [(block.language, block.line) for block in blocks(SAMPLE)] == [("python", 4), ("console", 13)]


def test_commands_are_read_with_what_is_shown_under_them():
    [_, console] = blocks(SAMPLE)
    assert [(c.text.split(), c.shown, c.status) for c in commands(console.text)] == [
        (["echo", "one", "two"], ("one two",), 0),
        (["false", "#", "exit", "1"], (), 1),
    ]


@pytest.mark.parametrize(
    "text", ["echo one  two\none two\n", "printf 'a\\nb\\nc'\na\n...\nc", "false  # exit 1", "make test"]
)
def test_a_true_block_passes(text, tmp_path):
    [command] = commands(f"$ {text}")
    run(command, tmp_path)


@pytest.mark.parametrize("text", ["false", "true  # exit 1", "echo one\ntwo", "printf 'a\\nb'\nb\na", "make nonsense"])
def test_a_block_that_lies_fails(text, tmp_path):
    [command] = commands(f"$ {text}")
    with pytest.raises(AssertionError):
        run(command, tmp_path)
