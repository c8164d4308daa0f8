"""Clients that are wrong in one way each. The docstring is the bug, `breaks` the invariant that has to catch it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from threading import Timer
from typing import Any, ClassVar

from small import CONTEXT, Adk, Api, ApiError, Client, HoneyHive, new_id

BOTH: tuple[type[Api], ...] = (HoneyHive, Adk)


class Wrong(Client):
    """A client that is wrong; `apis` are those for which it can be."""

    breaks = ""
    apis = BOTH


# --- what is sent -----------------------------------------------------------------------------------------------------


class SwallowsAMissingMethod(Wrong):
    """Enriches by `update_session`, which its API layer does not have, and swallows that."""

    breaks = "asks/enrichment-is-one-write"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        with contextlib.suppress(Exception):
            self.send(*self.api.update_session(self.decide(session), attributes))


class EnrichesTwice(Wrong):
    """Sends every enrichment twice."""

    breaks = "asks/enrichment-is-one-write"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        super().enrich(attributes, session)
        super().enrich(attributes, session)


class EnrichesBySomethingThatIsNotThere(Wrong):
    """Enriches by a method and path that the API does not have, and swallows the refusal."""

    breaks = "requests/request-is-in-the-spec"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        with contextlib.suppress(ApiError):
            self.send("PUT", f"/session/{self.decide(session)}", attributes)


class SendsWhatTheSpecForbids(Wrong):
    """Sends the attributes as a text where the spec has an object."""

    breaks = "requests/request-conforms"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        method, path, body = self.api.enrich(self.decide(session), attributes)
        self.send(
            method,
            path,
            {name: json.dumps(value) if isinstance(value, dict) else value for name, value in body.items()},
        )


class SendsTheSessionFlat(Wrong):
    """Sends what is to be in a session without the object around it that the spec has."""

    breaks = "requests/request-conforms"
    apis = (HoneyHive,)

    def create(self, session: str | None, attributes: dict[str, Any]) -> str | None:
        method, path, body = self.api.create(session, attributes)
        self.session = self.api.created(self.send(method, path, body["session"], again=False))
        return self.session


class LosesAField(Wrong):
    """Sends only the first member of each group of attributes."""

    breaks = "asks/write-carries-what-was-asked"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        super().enrich({name: dict(list(value.items())[:1]) for name, value in attributes.items()}, session)


class MisplacesAField(Wrong):
    """Puts user properties into the metadata, under names with a dot."""

    breaks = "asks/write-carries-what-was-asked"
    apis = (HoneyHive,)

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        moved = {f"user_properties.{name}": value for name, value in attributes.pop("user_properties", {}).items()}
        super().enrich({**attributes, "metadata": {**attributes.get("metadata", {}), **moved}}, session)


class ChangesAValue(Wrong):
    """Turns every value into a text."""

    breaks = "asks/write-carries-what-was-asked"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        as_text = {name: {key: str(each) for key, each in value.items()} for name, value in attributes.items()}
        super().enrich(as_text, session)


class WritesTrueAsOne(Wrong):
    """Sends true as the number 1."""

    breaks = "asks/write-carries-what-was-asked"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        for value in attributes.values():
            value.update({key: 1 for key, each in value.items() if each is True})
        super().enrich(attributes, session)


class DropsWhatLooksEmpty(Wrong):
    """Sends no zero, no false and no empty text: they are taken for nothing."""

    breaks = "asks/write-carries-what-was-asked"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        full = {name: {key: each for key, each in value.items() if each} for name, value in attributes.items()}
        super().enrich(full, session)


class KeepsTheOldValue(Wrong):
    """Merges what it sent before over what is new."""

    breaks = "asks/write-carries-what-was-asked"

    def __init__(self, *given: Any, **named: Any) -> None:
        self.sent_before: dict[tuple[str, str], dict[str, Any]] = {}
        super().__init__(*given, **named)

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        meant = self.decide(session)
        for name, value in attributes.items():
            value.update(self.sent_before.get((meant, name), {}))
            self.sent_before[meant, name] = dict(value)
        super().enrich(attributes, meant)


class EncodesTwice(Wrong):
    """Encodes the paths that it was given encoded."""

    breaks = "asks/explicit-session-wins"
    apis = (Adk,)

    def target(self, path: str) -> str:
        return path.replace("%", "%25")


class MakesATextOfNothing(Wrong):
    """Names the session None if none is named."""

    breaks = "requests/session-is-named-by-an-id"

    def make(self, session: str | None, attributes: dict[str, Any]) -> str:
        return super().make(str(session), attributes)


class HasOneName(Wrong):
    """Names every session alike."""

    breaks = "asks/what-is-asked-is-accepted"

    def make(self, session: str | None, attributes: dict[str, Any]) -> str:
        return super().make(session or "my-session", attributes)


class KeepsWhatItSent(Wrong):
    """Sends with each enrichment what was sent with those before it, whoever's they were."""

    breaks = "asks/write-carries-nothing-of-another-session"
    kept: ClassVar[dict[str, Any]] = {}

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        for name, value in attributes.items():
            self.kept[name] = {**self.kept.get(name, {}), **{f"{key}_{time.monotonic()}": value[key] for key in value}}
            value.update(self.kept[name])
        super().enrich(attributes, session)


class KeepsWhatWasRefused(Wrong):
    """Sends what was refused with the next enrichment, whichever session that is of."""

    breaks = "asks/write-carries-nothing-of-another-session"

    def __init__(self, *given: Any, **named: Any) -> None:
        self.refused: dict[str, Any] = {}
        super().__init__(*given, **named)

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        whole = {name: {**self.refused.get(name, {}), **value} for name, value in attributes.items()}
        self.refused = whole
        super().enrich(whole, session)
        self.refused = {}


class ClosesForAll(Wrong):
    """Ends what all clients send through when one of them is closed."""

    breaks = "asks/enrichment-is-one-write"
    closed: ClassVar[set[int]] = set()

    def close(self) -> None:
        super().close()
        ClosesForAll.closed.add(id(Client.first))

    def sent(self, method: str, path: str, body: Any) -> tuple[int, dict[str, str], bytes]:
        if id(Client.first) in self.closed:
            raise OSError("the connection is closed")
        return super().sent(method, path, body)


class ShortensTheMessage(Wrong):
    """Says no more than the first five characters."""

    breaks = "asks/write-carries-what-was-asked"

    def run(self, text: str, session: str | None = None) -> None:
        super().run(text[:5], session)


class RunsTwice(Wrong):
    """Says everything twice."""

    breaks = "asks/run-is-one-write"

    def run(self, text: str, session: str | None = None) -> None:
        super().run(text, session)
        super().run(text, session)


class CreatesTwice(Wrong):
    """Makes two sessions when it is asked for one."""

    breaks = "asks/create-is-one-write"

    def create(self, session: str | None, attributes: dict[str, Any]) -> str | None:
        self.make(None, attributes)
        return super().create(session, attributes)


class CreatesLazily(Wrong):
    """Makes up an id when it is asked for a session, and sends nothing."""

    breaks = "asks/create-is-one-write"

    def create(self, session: str | None, attributes: dict[str, Any]) -> str | None:
        self.session = session or new_id()
        return self.session


class DeletesLocally(Wrong):
    """Forgets a session that is to be deleted, and does not tell the server."""

    breaks = "asks/look-or-delete-is-sent"

    def delete(self, session: str | None = None) -> None:
        self.decide(session)


class Queues(Client):
    """Queues enrichments until it is flushed or closed, and says then what came of them: nothing is wrong with that."""

    deferred = True

    def __init__(self, *given: Any, **named: Any) -> None:
        self.queue: list[tuple[Any, ...]] = []
        super().__init__(*given, **named)

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        self.queue.append(self.api.enrich(self.decide(session), attributes))

    def flush(self) -> None:
        while self.queue:
            self.send(*self.queue.pop(0))


class SendsTheLastFirst(Queues, Wrong):
    """Sends what waits in the wrong order."""

    breaks = "asks/waiting-writes-keep-their-order"

    def flush(self) -> None:
        while self.queue:
            self.send(*self.queue.pop())


class Merges(Queues):
    """Sends what waits for one session in one request: nothing is wrong with that."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.waiting: dict[str, dict[str, Any]] = {}
        super().__init__(*given, **named)

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        waits = self.waiting.setdefault(self.decide(session), {})
        for name, value in attributes.items():
            waits[name] = {**waits.get(name, {}), **value}

    def flush(self) -> None:
        self.queue += [self.api.enrich(session, attributes) for session, attributes in self.waiting.items()]
        self.waiting.clear()
        super().flush()


class KeepsTheLastAlone(Merges, Wrong):
    """Forgets what waits for a session once there is something more for it."""

    breaks = "asks/flush-and-close-leave-nothing-unsent"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        self.waiting.pop(self.decide(session), None)
        super().enrich(attributes, session)


class MergesAll(Merges, Wrong):
    """Sends all that waits in one request, to the session that came first."""

    breaks = "asks/one-id-is-decided"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        super().enrich(attributes, next(iter(self.waiting), session))


class DecidesWhenItSends(Queues, Wrong):
    """Decides the session of what waits when it is sent."""

    breaks = "asks/one-id-is-decided"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        self.queue.append((attributes, session))

    def flush(self) -> None:
        while self.queue:
            attributes, session = self.queue.pop(0)
            self.send(*self.api.enrich(self.decide(session), attributes))


class Joins(Client):
    """Takes a session that it is given for one that is there, and makes none: nothing is wrong with that."""

    def begin(self, session: str | None) -> str | None:
        return session or super().begin(None)


class Forgets(Client):
    """Has no session any more once its own is deleted, or another one cannot be made: nothing is wrong with that."""

    def create(self, session: str | None, attributes: dict[str, Any]) -> str | None:
        self.session = None
        return super().create(session, attributes)

    def delete(self, session: str | None = None) -> None:
        found = self.decide(session)
        super().delete(found)
        if found == self.session:
            self.session = None

    def decide(self, session: str | None) -> str:
        if session is None and self.session is None:
            return self.bereft()
        return super().decide(session)

    def bereft(self) -> str:
        """The session that is meant if there is none."""
        raise ApiError("there is no session any more")


class BeginsAgain(Forgets):
    """Makes a session when it has none any more: nothing is wrong with that."""

    def bereft(self) -> str:
        self.session = self.make(None, {})
        return self.session


class DropsWhatHasNoSession(Forgets, Wrong):
    """Says nothing of what it was asked when it had no session any more, and sends none of it."""

    breaks = "asks/enrichment-is-one-write"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        if session is not None or self.session is not None:
            super().enrich(attributes, session)


class GoesOnInAnothersSession(Forgets, Wrong):
    """Takes the session that was made last, whoever's it is, when it has none any more."""

    breaks = "asks/clients-do-not-cross-sessions"
    apis = (HoneyHive,)
    last: ClassVar[list[str]] = []

    def make(self, session: str | None, attributes: dict[str, Any]) -> str:
        self.last.append(super().make(session, attributes))
        return self.last[-1]

    def bereft(self) -> str:
        return self.last[-1]


class SwallowsWhatItQueued(Queues, Wrong):
    """Queues enrichments until it is flushed, and tells nobody what came of them."""

    breaks = "replies/unsuccessful-write-is-not-told-as-success"

    def flush(self) -> None:
        with contextlib.suppress(ApiError):
            super().flush()


class SendsBehindTheBack(Wrong):
    """Enriches a while after it has told that it did, and waits for that nowhere."""

    breaks = "asks/enrichment-is-one-write"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        call = self.api.enrich(self.decide(session), attributes)
        Timer(0.05, lambda: contextlib.suppress(ApiError)(self.send)(*call)).start()


class LosesTheQueue(Queues, Wrong):
    """Queues enrichments until it is flushed, and forgets the queue when it is closed."""

    breaks = "asks/flush-and-close-leave-nothing-unsent"

    def close(self) -> None:
        self.queue.clear()


class EvaluatesInOneSession(Wrong):
    """Runs all datapoints of an evaluation in one session."""

    breaks = "asks/each-datapoint-has-its-session"

    def evaluate(self, datapoints: int) -> list[str]:
        made = self.make(None, {})
        for number in range(datapoints):
            self.run(f"datapoint {number}", made)
        return [made] * datapoints


# --- which session ----------------------------------------------------------------------------------------------------


class HasOneDefault(Wrong):
    """Takes the session of the first client for every client that is asked without naming one."""

    breaks = "asks/clients-do-not-cross-sessions"
    apis = (HoneyHive,)

    def decide(self, session: str | None) -> str:
        first = Client.first.session if Client.first else None
        return session or first or super().decide(session)


class LetsTheContextWin(Wrong):
    """Takes the session of the context for a client of its own: nested tracers cross."""

    breaks = "asks/clients-do-not-cross-sessions"

    def decide(self, session: str | None) -> str:
        return session or (CONTEXT.get()[-1][1] if CONTEXT.get() else super().decide(session))


class OpensInTheSameSession(Wrong):
    """Takes the session of the first client when another one is opened."""

    breaks = "asks/clients-do-not-cross-sessions"

    def begin(self, session: str | None) -> str | None:
        return super().begin(session) if Client.first is None else Client.first.session


class SharesItsSession(Wrong):
    """Keeps the session of the call at hand where all threads see it."""

    breaks = "asks/clients-do-not-cross-sessions"
    apis = (HoneyHive,)
    current = ""

    def decide(self, session: str | None) -> str:
        SharesItsSession.current = super().decide(session)
        time.sleep(0.02)
        return SharesItsSession.current


class CrossesItsOwnCalls(Wrong):
    """Keeps the session of the call at hand in the client: its calls at the same time cross."""

    breaks = "asks/explicit-session-wins"

    def decide(self, session: str | None) -> str:
        self.current = super().decide(session)
        time.sleep(0.02)
        return self.current


class IgnoresTheExplicitSession(Wrong):
    """Takes its own session although another one is named."""

    breaks = "asks/explicit-session-wins"

    def decide(self, session: str | None) -> str:
        return super().decide(None if self.session else session)


class StaysInTheContext(Wrong):
    """Goes on with the session of a context after that has ended."""

    breaks = "asks/ended-context-is-not-used"

    @contextlib.contextmanager
    def within(self, session: str | None = None) -> Iterator[None]:
        self.session = session or self.session
        yield


class StaysAfterAnException(Wrong):
    """Goes on with the session of a context that ended by an exception."""

    breaks = "asks/one-id-is-decided"

    @contextlib.contextmanager
    def within(self, session: str | None = None) -> Iterator[None]:
        inner = session or self.session
        token = CONTEXT.set((*CONTEXT.get(), (self, inner or "")))
        own, self.session = self.session, inner
        yield
        self.session = own
        CONTEXT.reset(token)


class DecidesReadsAlone(Wrong):
    """Reads its own session whichever is named; writes go where they should."""

    breaks = "asks/one-id-is-decided"

    def read(self, session: str | None = None) -> Any:
        return super().read(self.session or session)


class BeginsAnewWithEveryTurn(Wrong):
    """Makes a new session for everything that is said."""

    breaks = "asks/only-a-create-creates"

    def run(self, text: str, session: str | None = None) -> None:
        super().run(text, self.make(None, {}))


class ChoosesTheIdItself(Wrong):
    """Lets the server choose the id of a session although its caller has chosen one."""

    breaks = "asks/explicit-session-wins"

    def create(self, session: str | None, attributes: dict[str, Any]) -> str | None:
        return super().create(None, attributes)


class TellsAnotherId(Wrong):
    """Gives its caller an id that the server does not know."""

    breaks = "asks/created-session-is-told"

    def create(self, session: str | None, attributes: dict[str, Any]) -> str | None:
        super().create(session, attributes)
        return new_id()


class ReplacesTheSessionGiven(Wrong):
    """Makes a session of its own although it is opened with one."""

    breaks = "asks/opened-client-has-the-session-given"

    def begin(self, session: str | None) -> str | None:
        return super().begin(None)


class RunsWithoutASession(Wrong):
    """Makes up the id of its session, and never creates it."""

    breaks = "requests/session-is-created-before-it-is-run"

    def begin(self, session: str | None) -> str | None:
        return session or new_id()


class EnrichesBeforeItCreates(Wrong):
    """Enriches the session that it is about to make."""

    breaks = "requests/session-is-created-before-it-is-written-to"

    def create(self, session: str | None, attributes: dict[str, Any]) -> str | None:
        with contextlib.suppress(ApiError):
            self.send(*self.api.enrich(session or new_id(), attributes))
        return super().create(session, attributes)


class MarksWhatItDeleted(Wrong):
    """Enriches a session after it has deleted it."""

    breaks = "requests/deleted-session-is-not-used"

    def delete(self, session: str | None = None) -> None:
        found = self.decide(session)
        super().delete(found)
        with contextlib.suppress(ApiError):
            self.send(*self.api.enrich(found, {name: {"deleted": True} for name in self.api.groups[:1]}))


# --- credentials ------------------------------------------------------------------------------------------------------


class SharesItsCredentials(Wrong):
    """Sends the credentials of the client that was opened last."""

    breaks = "asks/clients-do-not-cross-credentials"
    apis = (HoneyHive,)
    last: str | None = None

    def __init__(self, api: Api, base_url: str, key: str | None, session: str | None = None) -> None:
        SharesItsCredentials.last = key
        super().__init__(api, base_url, key, session)

    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {SharesItsCredentials.last}"}


class SharesItsOwner(Wrong):
    """Works for whom the first client was opened, whoever its own owner is."""

    breaks = "asks/clients-do-not-cross-owners"
    apis = (Adk,)

    def begin(self, session: str | None) -> str | None:
        if Client.first is not None:
            self.api.owner = Client.first.api.owner
        return super().begin(session)


class ForgetsItsCredentials(Wrong):
    """Enriches without credentials."""

    breaks = "requests/credentials-are-sent"
    apis = (HoneyHive,)

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        key, self.key = self.key, None
        try:
            super().enrich(attributes, session)
        finally:
            self.key = key


class PutsItsCredentialsIntoTheUrl(Wrong):
    """Sends its key as a parameter, too."""

    breaks = "requests/no-credentials-in-the-url"
    apis = (HoneyHive,)

    def target(self, path: str) -> str:
        return f"{path}?api_key={self.key}"


# --- what the caller is told ------------------------------------------------------------------------------------------


class SwallowsRefusals(Wrong):
    """Tells its caller of a success, whatever the server answered to an enrichment."""

    breaks = "replies/unsuccessful-write-is-not-told-as-success"

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        with contextlib.suppress(ApiError):
            super().enrich(attributes, session)


class FindsNothing(Wrong):
    """Gives nothing if a read is refused or fails, and tells it as a success."""

    breaks = "replies/unsuccessful-look-is-not-told-as-success"

    def read(self, session: str | None = None) -> Any:
        try:
            return super().read(session)
        except ApiError:
            return None


class Remembers(Wrong):
    """Gives what it saw before, also of a session that it deleted."""

    breaks = "replies/read-gives-the-session-asked-for"

    def __init__(self, *given: Any, **named: Any) -> None:
        self.seen: dict[str, Any] = {}
        super().__init__(*given, **named)

    def read(self, session: str | None = None) -> Any:
        meant = self.decide(session)
        self.seen[meant] = self.seen.get(meant) or super().read(meant)
        return self.seen[meant]


class ListsOnlyTheFirst(Wrong):
    """Gives no more than two sessions, however many there are."""

    breaks = "replies/list-gives-all-sessions"
    apis = (Adk,)

    def list(self) -> Any:
        return super().list()[:2]


class DeletesOnce(Client):
    """Takes a session that is not there any more for deleted, and finds nothing: nothing is wrong with that."""

    def delete(self, session: str | None = None) -> None:
        with self.missing_is_fine():
            super().delete(session)

    def read(self, session: str | None = None) -> Any:
        with self.missing_is_fine():
            return super().read(session)

    @contextlib.contextmanager
    def missing_is_fine(self) -> Iterator[None]:
        """Say nothing of what is not there."""
        try:
            yield
        except ApiError as error:
            if not str(error).startswith("404"):
                raise


class SendsAKeyAlong(Client):
    """Sends again whatever was not answered, with a key by which the server can tell: nothing is wrong with that."""

    def headers(self) -> dict[str, str]:
        return {**super().headers(), "idempotency-key": self.call}

    def send(self, *given: Any, **named: Any) -> Any:
        self.call = new_id()
        return super().send(*given, **named)

    def repeats_lost(self, again: bool) -> bool:
        return True


class TellsADeleteAsAFailure(Wrong):
    """Deletes, and stumbles over the answer."""

    breaks = "replies/successful-write-is-not-told-as-failure"

    def delete(self, session: str | None = None) -> None:
        super().delete(session)
        raise ApiError("an answer that is not understood")


class NeedsABody(Wrong):
    """Takes an answer without a body for a failure."""

    breaks = "replies/successful-write-is-not-told-as-failure"

    def understood(self, status: int, answer: bytes) -> Any:
        super().understood(status, answer)
        return json.loads(answer)


class RepeatsWhatWasDone(Wrong):
    """Says again what it said if no answer came."""

    breaks = "replies/retry-doubles-no-write"

    def repeats_lost(self, again: bool) -> bool:
        return True


class HasNoPatience(Wrong):
    """Tries again at once when the server asks for time."""

    breaks = "replies/retry-waits-as-told"

    def patience(self, headers: dict[str, str]) -> float:
        return 0.0


class NeverGivesUp(HasNoPatience):
    """Tries again for as long as the server is busy."""

    breaks = "replies/busy-server-is-given-up"

    def send(self, method: str, path: str, body: Any, *, again: bool = True) -> Any:
        while True:
            try:
                return super().send(method, path, body, again=again)
            except ApiError as error:
                if "429" not in str(error):
                    raise


class TakesBusyForDone(HasNoPatience):
    """Says nothing if the server is still busy when it tries again."""

    breaks = "replies/unsuccessful-write-is-not-told-as-success"

    def send(self, method: str, path: str, body: Any, *, again: bool = True) -> Any:
        try:
            return super().send(method, path, body, again=again)
        except ApiError as error:
            if "429" not in str(error):
                raise
            return None


class CrashesWhenItReads(Client):
    """Ends its process when it is asked to read: that is no bug of its requests, and it is told apart."""

    def read(self, session: str | None = None) -> Any:
        sys.stderr.write("Segmentation fault, or so\n")
        sys.stderr.flush()
        os._exit(139)


def every() -> dict[str, type[Wrong]]:
    """The wrong clients, by their names."""
    found = (each for each in globals().values() if isinstance(each, type) and issubclass(each, Wrong))
    return {each.__name__: each for each in found if each is not Wrong}
