"""Processes of the guarantees' own: each has a log that is shown when it fails, every wait ends, and so does each."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from asgi.test_servers import exchange, request, status
from contract.stores import processes

TO_COME_UP = 60.0
TO_END = 10.0


@dataclass
class Worker:
    """A server, and where it is found."""

    child: subprocess.Popen
    port: int
    log: Path

    def says(self, octets):
        """The status that it answers; ``None`` when there is no answer, which is no fault while it comes up."""
        try:
            return status(exchange(self.port, octets))
        except OSError:
            return None

    def logged(self):
        """For a message: how it is, and what it wrote."""
        state = "runs" if self.child.poll() is None else f"ended with {self.child.returncode}"
        return f"; the worker on port {self.port} {state}, its log:\n{self.log.read_text('utf-8', 'replace')[-4000:]}"

    def wait_for(self, expected, octets):
        """Until it answers so. Servers take their time to start, several at once more."""
        until = monotonic() + TO_COME_UP
        while (found := self.says(octets)) != expected:
            waiting = self.child.poll() is None and monotonic() < until
            assert waiting, f"{found} instead of {expected} in {TO_COME_UP:g} s{self.logged()}"
            sleep(0.05)

    def stop(self):
        """Ask it to end, and tell how many seconds it took."""
        since = monotonic()
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(3 * TO_END)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not stop in {3 * TO_END:g} s{self.logged()}") from None
        return monotonic() - since


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def program(port, *words, descriptors=(), **environment):
    """Python with these words, which is to listen on a port; killed at the end whatever happens."""
    known = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    with TemporaryDirectory(prefix="worker") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:  # a file: nobody has to read it for the worker to go on
            child = subprocess.Popen(
                [sys.executable, *words], env=known, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                pass_fds=descriptors,
            )  # fmt: skip
        try:
            yield Worker(child, port, log)
        finally:
            child.kill()
            child.wait(TO_END)


@contextmanager
def on_a_socket(module, url, *words):
    """A module as a program that is given the URL, a socket that listens already, and these words."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port, descriptor = listening.getsockname()[1], listening.fileno()
        with program(port, "-m", module, url, str(descriptor), *words, descriptors=[descriptor]) as started:
            listening.close()  # the program's end is open
            yield started


@contextmanager
def worker(url, hints=True):
    """A worker of a platform, that listens but may not have come up."""
    with on_a_socket("guarantees.worker", url, "hints" if hints else "no-hints") as started:
        yield started


async def seconds_until(worker, expected, since, latest=30.0):
    """How long after ``since`` a worker answers GPTBot so, asked twenty times a second."""
    while (found := await asyncio.to_thread(worker.says, request())) != expected:
        assert monotonic() - since < latest, f"{found} instead of {expected} after {latest:g} s{worker.logged()}"
        await asyncio.sleep(0.05)
    return monotonic() - since


async def together(*calls):
    """What all of them find; when one fails, none goes on."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call) for call in calls]
    return [task.result() for task in tasks]


@contextmanager
def process(target, *arguments):
    """A piece of work in its own process, and the pipe's end where its words arrive; killed at the end."""
    arrivals, words = processes.Pipe(duplex=False)
    child = processes.Process(target=target, args=(*arguments, words))
    child.start()
    words.close()
    try:
        yield child, arrivals
    finally:
        child.kill()
        child.join(TO_END)
        assert child.exitcode is not None, f"{target.__name__} could not be killed in {TO_END:g} s"
        child.close()
        arrivals.close()


def word(child, arrivals, seconds):
    """The next word of a process."""
    assert arrivals.poll(seconds), f"no word within {seconds:g} s"
    try:
        return arrivals.recv()
    except EOFError:
        child.join(TO_END)
        raise AssertionError(f"it ended without a word, with {child.exitcode}") from None
