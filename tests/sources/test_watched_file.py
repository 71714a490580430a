"""A file that may be exchanged: another one counts once, and when it is at rest."""

import os

import pytest

from gatepost.sources.watched_file import WatchedFile


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"one")
    return path


@pytest.fixture
def watched(file):
    return WatchedFile(file, 1_000)


def test_a_file_that_is_written_counts_once_it_is_at_rest(file, watched):
    with file.open("wb") as stream:
        for _ in range(5):
            stream.write(b"more")
            stream.flush()
            assert not watched.changed()
    assert [watched.changed() for _ in range(4)] == [True, False, False, False]


def test_what_is_as_it_was_when_it_is_at_rest_is_no_other(file, watched):
    assert not watched.changed()
    file.write_bytes(b"another")
    assert not watched.changed()
    file.write_bytes(b"one")
    assert [watched.changed() for _ in range(3)] == [False, False, False]


def test_a_file_that_goes_away_and_comes_back_counts_each_time(file, watched):
    file.unlink()
    assert [watched.changed() for _ in range(3)] == [False, True, False]
    file.write_bytes(b"one")
    assert [watched.changed() for _ in range(3)] == [False, True, False]


def test_what_is_no_file_is_not_opened(file):
    watched = WatchedFile(file, 3)
    file.unlink()
    os.mkfifo(file)
    pipe = os.open(file, os.O_RDWR | os.O_NONBLOCK)  # whoever reads gets something, and does not hang here for ever
    os.write(pipe, b"two")
    assert [watched.changed() for _ in range(3)] == [False, True, False]
    assert os.read(pipe, 3) == b"two"
    os.close(pipe)
