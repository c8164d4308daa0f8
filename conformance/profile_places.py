"""Can an operation hold what a profile looks for in it? Checks each place of one binding against the spec."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from conformance.errors import nearest
from conformance.expressions import MISSING, Expression, Pointer, parse, pointer_text
from conformance.operations import Content, Operation, is_json
from conformance.profile import HISTORY, STATUS, Binding, Profile, Returns, SessionShape
from conformance.profile_keys import Keys
from conformance.schemas import Schemas


class Place:
    """Checks the expressions of one binding against its operation."""

    def __init__(self, keys: Keys, schemas: Schemas, key: str, operation: Operation) -> None:
        self._keys = keys
        self._schemas = schemas
        self._key = key
        self.operation = operation

    def expressions(self, name: str, texts: Any) -> Iterator[Expression]:
        """An array of expressions."""
        for text in self._keys.texts(f"{self._key}.{name}", texts):
            found = self.needed(name, text)
            if not found.name and not found.pointer:
                raise self._keys.fail(f"{self._key}.{name}", f"{text!r} is the whole body", f"write {text}#/POINTER")
            yield found

    def in_body(self, name: str, found: Expression | None) -> Expression | None:
        """An expression that must look into a body."""
        if found is not None and found.place != "body":
            raise self._keys.fail(
                f"{self._key}.{name}", f"{found.text!r} is not in the body", f"write ${found.side}.body#/POINTER"
            )
        return found

    def expression(self, name: str, text: Any, side: str = "request") -> Expression | None:
        """An expression that may be left out."""
        return None if text is None else self.needed(name, text, side)

    def needed(self, name: str, text: Any, side: str = "request") -> Expression:
        """An expression; an error if the operation cannot hold it."""
        key = f"{self._key}.{name}"
        try:
            found = parse(text)
        except ValueError as error:
            raise self._keys.fail(
                key, f"{text!r}: {error}", "write $request.path.NAME, $request.body#/POINTER …"
            ) from error
        if found.side != side:
            raise self._keys.fail(key, f"{text!r} looks into the {found.side}", f"write ${side}…")
        if side == "request":
            self._check_request(key, found)
        elif found.place == "body":
            self.answer(key, found.pointer)
        return found

    def required(self, found: Expression) -> bool:
        """Whether the operation cannot be called without the value of an expression."""
        if found.place != "body":
            parameter = self.operation.parameter(found.place, found.name)
            return found.place == "path" or bool(parameter and parameter.required)
        request = self.operation.request
        return request is not None and self._schemas.demands(request.schema, found.pointer)

    def _check_request(self, key: str, found: Expression) -> None:
        """The operation must have the parameter, or its body the place."""
        if found.place == "body":
            if self.operation.request is None:
                raise self._keys.fail(key, f"{self.operation} has no request body")
            self._contains(key, self.operation.request, found.pointer)
        elif self.operation.parameter(found.place, found.name) is None:
            names = [each.name for each in self.operation.parameters if each.place == found.place]
            raise self._keys.fail(
                key, f"{self.operation} has no {found.place} parameter {found.name!r}", nearest(found.name, names)
            )

    def answer(self, key: str, pointer: Pointer) -> None:
        """The documented success must be able to contain the place."""
        content = self.operation.success_content()
        if pointer and content is not None:
            self._contains(key, content, pointer)

    def holds_objects_alone(self, pointer: Pointer) -> bool:
        """Whether the documented success has an object at a place, and nothing else."""
        content = self.operation.success_content()
        found = MISSING if content is None else self._schemas.at(content.schema, pointer)
        return found is not MISSING and set(self._schemas.types(found)) == {"object"}

    def session_parts(self, at: Pointer, shape: SessionShape, omits: Collection[str]) -> None:
        """The session object of the documented success must be able to contain the parts."""
        content = self.operation.success_content()
        if content is None:
            raise self._keys.fail(f"{self._key}.returns", f"{self.operation} documents no body for its success")
        places = {"id": shape.id, "created": shape.created, "updated": shape.updated}
        places |= {HISTORY: shape.history, STATUS: shape.status}
        places |= {f"attributes.{name}": pointer for name, pointer in shape.attributes.items()}
        shown = [(name, place) for name, place in places.items() if name.removeprefix("attributes.") not in omits]
        more = [*(("owner", each) for each in shape.owner), *(("id", each) for each in shape.also)]
        for name, pointer in (*shown, *more):
            if pointer is not None:
                self._contains(f"session.{name}", content, (*at, *pointer))

    def messages(self, binding: Binding, profile: Profile) -> None:
        """A message that is sent, and the items of any history that is answered, must be able to contain the parts."""
        message, request = binding.message, self.operation.request
        if message is not None and message.place == "body" and request is not None:
            self._contains("message.text", request, (*message.pointer, *profile.text))
        histories = {Returns.HISTORY: ("0",), Returns.ITEM: ()}
        if profile.session.history is not None:
            histories[Returns.SESSION] = (*profile.session.history, "0")
        inner, content = histories.get(binding.returns), self.operation.success_content()
        if inner is None or content is None or not is_json(content.media_type) or HISTORY in binding.omits:
            return
        item = profile.item
        places = {
            "item.id": item.id,
            "item.message": item.message,
            "item.time": item.time,
            "item.session": item.session,
            "item.partial": item.partial,
        }
        places["message.text"] = None if item.message is None else (*item.message, *profile.text)
        for key, pointer in places.items():
            if pointer is not None:
                self._contains(key, content, (*binding.at, *inner, *pointer))

    def _contains(self, key: str, content: Content, pointer: Pointer) -> None:
        """Whether a schema can hold a pointer; the error names the nearest member."""
        if content.is_text:
            return
        schemas = self._schemas
        for end in range(1, len(pointer) + 1):
            if schemas.at(content.schema, pointer[:end]) is MISSING:
                names = schemas.names(schemas.at(content.schema, pointer[: end - 1]))
                raise self._keys.fail(
                    key,
                    f"the schema of {self.operation} cannot contain {pointer_text(pointer[:end])!r}",
                    nearest(pointer[end - 1], names),
                )
