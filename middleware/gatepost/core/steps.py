"""What a change of a site comes to, step by step: at once, and at each date that comes by what is said then.

Rules: each step is held against the one before it, so that what is told of a date is what changes there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from gatepost.core.state import State

__all__ = ["Step", "step_at", "steps_of", "telling_step"]

_MOST = 12
"""Dates that are offered to be looked at."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of what is said of a site, or the coming of a date: how it stands before and after."""

    before: State
    after: State


def steps_of(change: Step) -> tuple[Step, ...]:
    """The change itself, and then each date at which something else will hold by what is said then."""
    dates = [change.after.at, *change.after.later_changes()[:_MOST]]
    later = (Step(replace(change.after, at=one), replace(change.after, at=next)) for one, next in pairwise(dates))
    return (change, *later)


def step_at(steps: Sequence[Step], at: datetime) -> Step:
    """The last step that has come by a time; the first where none has."""
    return [steps[0], *(step for step in steps if step.after.at <= at)][-1]


def telling_step(change: Step, steps: Sequence[Step]) -> Step:
    """The first step at which the change makes a difference; the first of all where it makes none."""
    differing = (
        step for step in steps if replace(change.before, at=step.after.at).preferences != step.after.preferences
    )
    return next(differing, steps[0])
