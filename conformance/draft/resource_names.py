"""Is a member the name of a resource, which holds its id, as in `projects/{project}/sessions/{session}`?"""

from __future__ import annotations

import re

from conformance.draft.words import words
from conformance.expressions import Json
from conformance.naming import ID
from conformance.schemas import Schemas

_SEGMENT = r"(?:\{[\w.-]+\}|[\w.-]+)"
_FORM = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*/\{{[\w.-]+\}}")
_VERSION = re.compile(r"/v\d\w*(?=/)")


def is_resource_name(schemas: Schemas, schema: Json, name: str) -> bool:
    """Whether a member of an object is its name as a resource: its description says so, or of which form it is."""
    said = _description(schemas, schema, name)
    return words(name)[-1:] == ("name",) and ("resource name" in said.lower() or _FORM.search(said) is not None)


def form_of(schemas: Schemas, schema: Json, name: str) -> str | None:
    """The form of such names that the description tells, with the last word in braces as the id; None if it tells
    none."""
    found = _FORM.search(_description(schemas, schema, name))
    return None if found is None else _with_id(found[0])


def form_of_path(template: str) -> str:
    """The form that names are likely to have where a path is that of one session: the path without its version."""
    return _with_id(_VERSION.sub("", template, count=1).strip("/"))


def _with_id(form: str) -> str:
    """A form in which the last word in braces is the id, and signs that no word has are taken out of the others."""
    before, _, _ = form.rpartition("/")
    return re.sub(r"[{][^}]*[}]", lambda found: re.sub(r"[.-]", "_", found[0]), before) + f"/{{{ID}}}"


def _description(schemas: Schemas, schema: Json, name: str) -> str:
    """What the document says of a member."""
    inner = schemas.at(schema, (name,))
    return " ".join(str(each.get("description", "")) for each in schemas.branches(inner))
