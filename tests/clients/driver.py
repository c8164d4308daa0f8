"""A driver for the small SDK: `python driver.py API [WRONG]`. It knows the protocol, and nothing of conformance."""

from __future__ import annotations

import contextlib
import contextvars
import json
import sys
import threading
from typing import Any

import small
import wrong
from small import Client, free_enrich

Line = dict[str, Any]
APIS = {"honeyhive": small.HoneyHive, "adk": small.Adk}


class Driver:
    """The clients that are open, of one kind."""

    def __init__(self, api: type[small.Api], kind: type[Client]) -> None:
        self._api = api
        self._kind = kind
        self._clients: dict[str, Client] = {}

    def answer(self, line: Line) -> Line:
        """The answer to a line."""
        asked = line["ask"]
        if asked == "hello":
            return self._greeting()
        if asked == "fresh":
            self._clients = {}
            Client.first = None
            return {"ok": True}
        if asked == "together":
            return {"answers": self._together(line["asks"])}
        done = getattr(self, f"_{asked}", None)
        if done is None:
            return {"unsupported": f"{asked} is not known"}
        try:
            with self._contexts(line.get("within", [])):
                return {"ok": True, **(done(line) or {})}
        except Exception as error:
            return {"ok": False, "said": f"{type(error).__name__}: {error}"}

    def _greeting(self) -> Line:
        names = ["create", "run", "enrich", "read", "delete"]
        found = [*names, *(f"{each} with session" for each in names), "free enrich", "free enrich with session"]
        found += ["open", "open with session", "span", "evaluate", "flush", "close", "fresh", "together"]
        found += ["within", "within with session"]
        found += ["list"] if self._api.lists else []
        found += ["deferred"] if self._kind.deferred else []
        attributes = {asked: list(self._api.groups) for asked in ("enrich", "free enrich", "create")}
        return {"protocol": 1, "sdk": f"{self._kind.__name__} 1", "supports": found, "attributes": attributes}

    @contextlib.contextmanager
    def _contexts(self, within: list[Line]) -> Any:
        with contextlib.ExitStack() as stack:
            for each in within:
                stack.enter_context(self._clients[each["client"]].within(each["session"]))
            yield

    def _together(self, lines: list[Line]) -> list[Line]:
        answers: list[Line] = [{} for _ in lines]
        ready = threading.Barrier(len(lines))

        def one(index: int) -> None:
            ready.wait()
            answers[index] = {"id": lines[index]["id"], **self.answer(lines[index])}

        contexts = [contextvars.copy_context() for _ in lines]
        threads = [threading.Thread(target=each.run, args=(one, index)) for index, each in enumerate(contexts)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return answers

    def _open(self, line: Line) -> Line:
        key = next(iter(line["credentials"].values()), None)
        api = self._api(line["owner"], line["values"])
        client = self._clients[line["client"]] = self._kind(api, line["base_url"], key, line["session"])
        return {"session": client.session}

    def _create(self, line: Line) -> Line:
        client = self._clients[line["client"]]
        return {"session": client.create(line["session"], line.get("attributes", {}))}

    def _run(self, line: Line) -> None:
        self._clients[line["client"]].run(line["text"], line["session"])

    def _enrich(self, line: Line) -> None:
        client = self._clients[line["client"]]
        if line["free"]:
            free_enrich(client, line.get("attributes", {}), line["session"])
        else:
            client.enrich(line.get("attributes", {}), line["session"])

    def _read(self, line: Line) -> Line:
        found = self._clients[line["client"]].read(line["session"])
        return {"session": self._api.id(found) if found else None}

    def _list(self, line: Line) -> Line:
        return {"sessions": [self._api.id(each) for each in self._clients[line["client"]].list()]}

    def _delete(self, line: Line) -> None:
        self._clients[line["client"]].delete(line["session"])

    def _span(self, line: Line) -> Line:
        return {"session": self._clients[line["client"]].span(line.get("attributes", {}))}

    def _evaluate(self, line: Line) -> Line:
        return {"sessions": self._clients[line["client"]].evaluate(line["datapoints"])}

    def _flush(self, line: Line) -> None:
        self._clients[line["client"]].flush()

    def _close(self, line: Line) -> None:
        self._clients.pop(line["client"]).close()


def main() -> None:
    """Answer line by line, until there are no more."""
    kind = getattr(wrong, sys.argv[2]) if len(sys.argv) > 2 else Client
    driver = Driver(APIS[sys.argv[1]], kind)
    for text in sys.stdin:
        line = json.loads(text)
        print(json.dumps({"id": line["id"], **driver.answer(line)}), flush=True)


if __name__ == "__main__":
    main()
