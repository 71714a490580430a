"""What is built is what is meant: one signature file, typed, and nothing of the workshop in it."""

import hashlib
import subprocess
import sys
import tarfile
import zipfile

import pytest

from house.source_tree import CHECKOUT, PACKAGE

SIGNATURES = "crawler_signatures.yaml"
READ_IT = f"""
import importlib.resources, pathlib, sys, gatepost
assert pathlib.Path(gatepost.__file__).is_relative_to(sys.argv[1]), gatepost.__file__
sys.stdout.buffer.write(importlib.resources.files("gatepost").joinpath("{SIGNATURES}").read_bytes())
"""


def test_the_bundled_signature_file_is_the_top_level_one():
    bundled = (PACKAGE / SIGNATURES).read_bytes()
    assert bundled == (CHECKOUT / SIGNATURES).read_bytes(), (
        f"middleware/gatepost/{SIGNATURES} must be a link to ../../{SIGNATURES}; "
        "git without symbolic links checks it out as a short text: set core.symlinks=true and check out again"
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, the wheel made from it, and the wheel made straight from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build("--outdir", folder)
    build("--wheel", "--outdir", folder / "straight")
    [sdist], [wheel], [straight] = folder.glob("*.tar.gz"), folder.glob("*.whl"), folder.glob("straight/*.whl")
    return sdist, wheel, straight


def build(*arguments):
    run(sys.executable, "-m", "build", "--no-isolation", *arguments, CHECKOUT)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, check=False, **options)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout


@pytest.fixture
def wheel(built):
    with zipfile.ZipFile(built[1]) as archive:
        yield archive


@pytest.mark.slow
def test_the_wheel_holds_the_signatures_and_the_types(wheel):
    assert wheel.read(f"gatepost/{SIGNATURES}") == (CHECKOUT / SIGNATURES).read_bytes()
    assert "gatepost/py.typed" in wheel.namelist()


@pytest.mark.slow
def test_the_wheel_holds_the_corpora(wheel):
    held = {name: wheel.read(name) for name in wheel.namelist() if name.startswith("gatepost/corpora/")}
    assert held == {f"gatepost/corpora/{path.name}": path.read_bytes() for path in (PACKAGE / "corpora").iterdir()}
    assert len(held) >= 10


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_nothing_else_of_the_checkout(wheel):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    modules = {name for name in wheel.namelist() if name.endswith(".py")}
    assert tops == {"gatepost", "gatepost-0.1.0.dist-info"}
    assert modules == {path.relative_to(PACKAGE.parent).as_posix() for path in PACKAGE.rglob("*.py")}
    assert [name for name in wheel.namelist() if name.endswith((".pth", ".pyc"))] == []


@pytest.mark.slow
def test_the_sdist_holds_what_it_takes_to_test_and_to_learn(built):
    with tarfile.open(built[0]) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
        tops = {name.partition("/")[0] for name in inside}
        signatures = archive.extractfile(f"gatepost-0.1.0/{SIGNATURES}")
        assert signatures is not None
        assert signatures.read() == (CHECKOUT / SIGNATURES).read_bytes()
    assert {"LICENSE", "README.md", "Makefile", "docs", "examples", "middleware", "scripts", "tests"} <= tops
    assert tops.isdisjoint({".venv", ".git", ".ci", "dist"})


@pytest.mark.slow
def test_the_same_source_gives_the_same_wheel(built):
    _, from_sdist, straight = built
    assert digest(from_sdist) == digest(straight)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.slow
def test_the_installed_wheel_reads_its_own_signatures(built, tmp_path):
    target = tmp_path / "installed"
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", "--target", target, built[1])
    read = run(sys.executable, "-c", READ_IT, target, cwd=tmp_path, env={"PYTHONPATH": str(target)})
    assert read == (CHECKOUT / SIGNATURES).read_bytes()
