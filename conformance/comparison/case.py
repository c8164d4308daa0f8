"""What is compared: one session as it is known, with what one step shows of it."""

from __future__ import annotations

from conformance.calls import Key
from conformance.causes import Cause, Change
from conformance.model import World
from conformance.session import Session
from conformance.step import Step
from conformance.values import Awkward


class Case:
    """One session as it should look in a step, and what comes of comparing it with how it looks.

    Differences are added to `changes`, each with its blame, causes that were put to the test to `looked`, and kinds of
    awkward values that were looked for to `awkward`. `echo`: what is compared is the answer of a write.
    """

    __slots__ = ("awkward", "changes", "echo", "key", "looked", "session", "step", "world")

    def __init__(
        self,
        world: World,
        step: Step,
        session: Session,
        changes: list[Change],
        looked: set[Cause],
        awkward: set[Awkward],
    ) -> None:
        self.world = world
        self.step = step
        self.session = session
        self.key: Key = world.key(session.owner, session.id)
        self.echo = not step.reads
        self.changes = changes
        self.looked = looked
        self.awkward = awkward
