"""APIs that nobody made, as small documents: what a draft must get right, or be honest about."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
OPEN: Schema = {"type": "object", "additionalProperties": True}
ERROR: Schema = {"type": "object", "required": ["error"], "properties": {"error": TEXT}}


def thing(required: str, **properties: Schema) -> Schema:
    """An object with some required members."""
    return {"type": "object", "required": required.split(), "properties": properties}


def many(item: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": item}


def answer(schema: Schema | None = None, text: str = "Done.") -> Schema:
    """One documented answer."""
    return {"description": text} | ({"content": {"application/json": {"schema": schema}}} if schema else {})


def operation(
    name: str,
    body: Schema | None = None,
    returns: Schema | None = None,
    *,
    given: tuple[str, ...] = (),
    says: str = "",
    status: str = "200",
    refuses: tuple[str, ...] = ("404", "422"),
) -> Schema:
    """One operation. `given` are its parameters, as in `header X-Session-Id`; one that ends with ? may be left out."""
    found: Schema = {
        "operationId": name,
        "summary": says,
        "responses": {status: answer(returns)} | {code: answer(ERROR, "Refused.") for code in refuses},
    }
    places = [each.rstrip("?").split() + [not each.endswith("?")] for each in given]
    if places:
        found["parameters"] = [
            {"in": place, "name": called, "required": needed, "schema": TEXT} for place, called, needed in places
        ]
    if body:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return found


def document(paths: Schema, says: str = "") -> Schema:
    """A whole document."""
    return {"openapi": "3.1.0", "info": {"title": "Invented", "version": "1", "description": says}, "paths": paths}


_THREAD = thing("id object created_at metadata", id=TEXT, object=TEXT, created_at={"type": "integer"}, metadata=OPEN)
_MESSAGE = thing(
    "id thread_id role content created_at",
    id=TEXT,
    thread_id=TEXT,
    role={"enum": ["user", "assistant"]},
    content=TEXT,
    created_at={"type": "integer"},
)
_RUN = thing("id thread_id assistant_id status", id=TEXT, thread_id=TEXT, assistant_id=TEXT, status=TEXT)
_THREAD_ID = ("path thread_id",)

ASSISTANTS = document({
    "/assistants": {"post": operation("createAssistant", thing("model", model=TEXT), thing("id model", id=TEXT, model=TEXT))},
    "/threads": {"post": operation("createThread", thing("", metadata=OPEN), _THREAD)},
    "/threads/{thread_id}": {
        "get": operation("getThread", returns=_THREAD, given=_THREAD_ID),
        "post": operation("modifyThread", thing("", metadata=OPEN), _THREAD, given=_THREAD_ID, says="Merges metadata."),
        "delete": operation("deleteThread", returns=thing("id deleted", id=TEXT, deleted={"type": "boolean"}), given=_THREAD_ID),
    },
    "/threads/{thread_id}/messages": {
        "get": operation("listMessages", returns=thing("data", data=many(_MESSAGE)), given=_THREAD_ID),
        "post": operation("createMessage", thing("role content", role={"enum": ["user"]}, content=TEXT), _MESSAGE, given=_THREAD_ID),
    },
    "/threads/{thread_id}/messages/{message_id}": {
        "get": operation("getMessage", returns=_MESSAGE, given=(*_THREAD_ID, "path message_id")),
        "delete": operation("deleteMessage", given=(*_THREAD_ID, "path message_id")),
    },
    "/threads/{thread_id}/runs": {
        "post": operation("createRun", thing("assistant_id", assistant_id=TEXT), _RUN, given=_THREAD_ID),
    },
    "/threads/{thread_id}/runs/{run_id}": {"get": operation("getRun", returns=_RUN, given=(*_THREAD_ID, "path run_id"))},
    "/threads/{thread_id}/runs/{run_id}/cancel": {
        "post": operation("cancelRun", returns=_RUN, given=(*_THREAD_ID, "path run_id")),
    },
})  # fmt: skip
"""Threads with messages and runs: what is made in them has items of its own, and is no session."""

COMPLETIONS = document({
    "/v1/chat/completions": {
        "post": operation(
            "createChatCompletion",
            thing("model messages", model=TEXT, messages=many(thing("role content", role=TEXT, content=TEXT)), stream={"type": "boolean"}),
            thing("id choices", id=TEXT, choices=many(thing("index message", index={"type": "integer"}, message=thing("content", content=TEXT)))),
            given=("header X-Session-Id?",),
            refuses=("400",),
        ),
    },
    "/v1/models": {"get": operation("listModels", returns=thing("data", data=many(thing("id", id=TEXT))))},
})  # fmt: skip
"""Completions with a header that may say to which session they belong, and nothing else about sessions."""

_CART = thing("items total", items=many(thing("sku quantity", sku=TEXT, quantity={"type": "integer"})), total={"type": "number"})
_VISIT = ("header X-Session-Id",)

SHOP = document({
    "/products": {"get": operation("listProducts", returns=many(thing("sku name", sku=TEXT, name=TEXT)))},
    "/cart": {"get": operation("getCart", returns=_CART, given=_VISIT), "delete": operation("emptyCart", given=_VISIT)},
    "/cart/items": {"post": operation("addItem", thing("sku quantity", sku=TEXT, quantity={"type": "integer"}, note=TEXT), _CART, given=_VISIT)},
    "/cart/items/{sku}": {"put": operation("setQuantity", thing("quantity", quantity={"type": "integer"}), _CART, given=(*_VISIT, "path sku"))},
    "/cart/coupon": {"post": operation("applyCoupon", thing("code", code=TEXT), _CART, given=_VISIT)},
    "/checkout": {"post": operation("checkout", thing("address", address=TEXT, message=TEXT), thing("order_id", order_id=TEXT), given=_VISIT)},
    "/contact": {"post": operation("sendMessage", thing("message", message=TEXT), given=_VISIT)},
})  # fmt: skip
"""A shopping cart that hangs on the session of HTTP: nothing is said in it."""

_HANDLE = thing("handle context_id type", handle=TEXT, context_id=TEXT, type=TEXT)

CONTEXTS = document(
    {
        "/rpc/eval": {"post": operation("eval", thing("context_id code", context_id=TEXT, code=TEXT), thing("value", value=_HANDLE))},
        "/rpc/invoke": {
            "post": operation(
                "invoke",
                thing("context_id target method", context_id=TEXT, target=_HANDLE, method=TEXT, args=many({})),
                thing("value", value=_HANDLE),
            ),
        },
        "/rpc/drop": {"post": operation("drop", thing("context_id target", context_id=TEXT, target=_HANDLE), thing("dropped", dropped={"type": "boolean"}))},
        "/rpc/close_context": {"post": operation("close_context", thing("context_id", context_id=TEXT))},
        "/rpc/version": {"post": operation("version", returns=thing("version", version=TEXT))},
    },
    says="Code runs in contexts. A context is created by the first call that names it, and lives until it is closed.",
)  # fmt: skip
"""Remote procedures in contexts that come into being by themselves, and hold what calls gave."""

_TALK = thing("uid title state tags createdAt", uid=TEXT, title=TEXT, state={"enum": ["open", "closed"]}, tags=OPEN, createdAt={"type": "string", "format": "date-time"})
_TURN = thing("uid text at", uid=TEXT, text=TEXT, at={"type": "string", "format": "date-time"})
_WHERE = ("path org", "path project")
_WHICH = (*_WHERE, "path conversation")
_TALKS = "/orgs/{org}/projects/{project}/conversations"

NESTED = document({
    "/orgs/{org}/projects": {
        "get": operation("listProjects", returns=many(thing("uid name", uid=TEXT, name=TEXT)), given=("path org",)),
        "post": operation("createProject", thing("name", name=TEXT), thing("uid name", uid=TEXT, name=TEXT), given=("path org",), status="201"),
    },
    _TALKS: {
        "get": operation("listConversations", returns=thing("items", items=many(_TALK)), given=_WHERE),
        "post": operation("createConversation", thing("", title=TEXT, tags=OPEN), _TALK, given=_WHERE, status="201"),
    },
    f"{_TALKS}/{{conversation}}": {
        "get": operation("getConversation", returns=_TALK, given=_WHICH),
        "patch": operation("patchConversation", thing("", title=TEXT, tags=OPEN), _TALK, given=_WHICH, says="Merge patch."),
        "delete": operation("deleteConversation", given=_WHICH, status="204"),
    },
    f"{_TALKS}/{{conversation}}/turns": {
        "get": operation("listTurns", returns=thing("items", items=many(_TURN)), given=_WHICH),
        "post": operation("addTurn", thing("text", text=TEXT), thing("items", items=many(_TURN)), given=_WHICH, status="201"),
    },
    f"{_TALKS}/{{conversation}}/turns/{{turn}}": {
        "get": operation("getTurn", returns=_TURN, given=(*_WHICH, "path turn")),
        "delete": operation("deleteTurn", given=(*_WHICH, "path turn"), status="204"),
    },
    f"{_TALKS}/{{conversation}}/members/{{member}}": {
        "put": operation("addMember", thing("role", role=TEXT), given=(*_WHICH, "path member")),
        "delete": operation("removeMember", given=(*_WHICH, "path member"), status="204"),
    },
})  # fmt: skip
"""Conversations deep down in a tree of resources, with resources of their own below them."""

CHAT = document({
    "/chat": {"post": operation("chat", thing("message", message=TEXT, conversation_id=TEXT), thing("conversation_id reply", conversation_id=TEXT, reply=TEXT))},
    "/chat/{conversation_id}/history": {
        "get": operation("getHistory", returns=many(thing("role content", role=TEXT, content=TEXT)), given=("path conversation_id",)),
        "delete": operation("clearHistory", given=("path conversation_id",)),
    },
    "/health": {"get": operation("health")},
})  # fmt: skip
"""A chat that may be given the id of a conversation: where none is given, the server makes one."""

TERSE = document({"/chat": {"post": operation("chat", thing("chat_id message", chat_id=TEXT, message=TEXT), thing("reply", reply=TEXT))}})
"""One operation that says something in a chat, under a path that could be the collection of chats."""

SILENT = document({
    "/conversations": {"post": operation("createConversation", thing("", title=TEXT), status="201")},
    "/conversations/{conversation_id}/messages": {
        "post": operation("postMessage", thing("text", text=TEXT), given=("path conversation_id",)),
    },
})  # fmt: skip
"""Something makes conversations, and does not say under which id."""

ANSWERS = document({
    "/answer": {"post": operation("answer", thing("question context", question=TEXT, context=TEXT), thing("text", text=TEXT))},
    "/embeddings": {"post": operation("embed", thing("input", input=many(TEXT)), thing("data", data=many(many({"type": "number"}))))},
})  # fmt: skip
"""Questions with a context that is a text, and no session."""

POSTS = document({
    "/channels/{channel_id}/messages": {
        "post": operation("postMessage", thing("text", text=TEXT), thing("ts", ts=TEXT), given=("path channel_id",)),
    },
    "/channels": {"get": operation("listChannels", returns=many(thing("id name", id=TEXT, name=TEXT)))},
})  # fmt: skip
"""Channels that are there, and that nothing makes."""
