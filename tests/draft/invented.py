"""APIs that nobody made, as small documents: what a draft must get right, or be honest about."""

from __future__ import annotations

import re
from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
OPEN: Schema = {"type": "object", "additionalProperties": True}


def thing(members: str = "", **schemas: Schema) -> Schema:
    """An object of texts, or of what is given; a member that ends with ? may be left out."""
    names = members.split()
    properties = {each.rstrip("?"): schemas.get(each.rstrip("?"), TEXT) for each in names}
    return {"type": "object", "required": [each for each in names if each[-1] != "?"], "properties": properties}


def many(item: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": item}


def call(body: Schema | None = None, returns: Schema | None = None, *headers: str, says: str = "") -> Schema:
    """One operation: what it takes and answers. A header that ends with ? may be left out."""
    found: Schema = {
        "description": says,
        "responses": {"200": _answer(returns), "404": _answer(thing("error")), "422": _answer(thing("error"))},
        "parameters": [
            {"in": "header", "name": each.rstrip("?"), "required": each[-1] != "?", "schema": TEXT} for each in headers
        ],
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return found


def _answer(schema: Schema | None) -> Schema:
    """One documented answer."""
    return {"description": "An answer."} | ({"content": {"application/json": {"schema": schema}}} if schema else {})


def document(says: str = "", /, **calls: dict[str, Schema]) -> Schema:
    """A whole document: by operationId, one operation by its method and path, whose parameters come from that."""
    paths: Schema = {}
    for name, table in calls.items():
        for where, found in table.items():
            method, template = where.split()
            inside = [
                {"in": "path", "name": each, "required": True, "schema": TEXT}
                for each in re.findall(r"\{(\w+)\}", template)
            ]
            whole = {**found, "operationId": name, "parameters": [*inside, *found["parameters"]]}
            paths.setdefault(template, {})[method.lower()] = whole
    return {"openapi": "3.1.0", "info": {"title": "Invented", "version": "1", "description": says}, "paths": paths}


_THREAD = thing("id object created_at metadata", created_at=NUMBER, metadata=OPEN)
_MESSAGE = thing("id thread_id role content created_at", created_at=NUMBER)
_TURN = thing("id thread_id assistant_id status")
_SAYS = thing("role content", role={"type": "string", "enum": ["user"]})

ASSISTANTS = document(
    createAssistant={"POST /assistants": call(thing("model"), thing("id model"))},
    createThread={"POST /threads": call(thing("metadata?", metadata=OPEN), _THREAD)},
    getThread={"GET /threads/{thread_id}": call(None, _THREAD)},
    modifyThread={"POST /threads/{thread_id}": call(thing("metadata?", metadata=OPEN), _THREAD, says="It is merged.")},
    deleteThread={"DELETE /threads/{thread_id}": call(None, thing("id deleted", deleted=FLAG))},
    listMessages={"GET /threads/{thread_id}/messages": call(None, thing("data", data=many(_MESSAGE)))},
    createMessage={"POST /threads/{thread_id}/messages": call(_SAYS, _MESSAGE)},
    getMessage={"GET /threads/{thread_id}/messages/{message_id}": call(None, _MESSAGE)},
    deleteMessage={"DELETE /threads/{thread_id}/messages/{message_id}": call()},
    createRun={"POST /threads/{thread_id}/runs": call(thing("assistant_id"), _TURN)},
    getRun={"GET /threads/{thread_id}/runs/{run_id}": call(None, _TURN)},
    cancelRun={"POST /threads/{thread_id}/runs/{run_id}/cancel": call(None, _TURN)},
)
"""Threads with messages and runs: what is made in them has items of its own, and is no session."""

_SPOKEN = thing("model messages stream?", messages=many(thing("role content")), stream=FLAG)
_CHOICE = thing("index message", index=NUMBER, message=thing("content"))

COMPLETIONS = document(
    createChatCompletion={
        "POST /v1/chat/completions": call(_SPOKEN, thing("id choices", choices=many(_CHOICE)), "X-Session-Id?")
    },
    listModels={"GET /v1/models": call(None, thing("data", data=many(thing("id"))))},
)
"""Completions with a header that may say to which session they belong, and nothing else about sessions."""

_LINE = thing("sku quantity note?", quantity=NUMBER)
_CART = thing("items total", items=many(_LINE), total=NUMBER)
_VISIT = "X-Session-Id"

SHOP = document(
    listProducts={"GET /products": call(None, many(thing("sku name")))},
    getCart={"GET /cart": call(None, _CART, _VISIT)},
    emptyCart={"DELETE /cart": call(None, None, _VISIT)},
    addItem={"POST /cart/items": call(_LINE, _CART, _VISIT)},
    setQuantity={"PUT /cart/items/{sku}": call(thing("quantity", quantity=NUMBER), _CART, _VISIT)},
    applyCoupon={"POST /cart/coupon": call(thing("code"), _CART, _VISIT)},
    checkout={"POST /checkout": call(thing("address message"), thing("order_id"), _VISIT)},
    sendMessage={"POST /contact": call(thing("message"), None, _VISIT)},
)
"""A shopping cart that hangs on the session of HTTP: nothing is said in it."""

_HANDLE = thing("handle context_id type")
_ON_IT = thing("context_id target method args?", target=_HANDLE, args=many({}))

CONTEXTS = document(
    "Code runs in contexts. A context is created by the first call that names it, and lives until it is closed.",
    eval={"POST /rpc/eval": call(thing("context_id code"), thing("value", value=_HANDLE))},
    invoke={"POST /rpc/invoke": call(_ON_IT, thing("value", value=_HANDLE))},
    drop={"POST /rpc/drop": call(thing("context_id target", target=_HANDLE), thing("dropped", dropped=FLAG))},
    close_context={"POST /rpc/close_context": call(thing("context_id"))},
    version={"POST /rpc/version": call(None, thing("version"))},
)
"""Remote procedures in contexts that come into being by themselves, and hold what calls gave."""

_TALK = thing("uid title tags createdAt", tags=OPEN, createdAt=TIME)
_SAID = thing("items", items=many(thing("uid text at", at=TIME)))
_TALKS = "/orgs/{org}/projects/{project}/conversations"
_ONE = f"{_TALKS}/{{conversation}}"

NESTED = document(
    listProjects={"GET /orgs/{org}/projects": call(None, many(thing("uid name")))},
    createProject={"POST /orgs/{org}/projects": call(thing("name"), thing("uid name"))},
    listConversations={f"GET {_TALKS}": call(None, thing("items", items=many(_TALK)))},
    createConversation={f"POST {_TALKS}": call(thing("title? tags?", tags=OPEN), _TALK)},
    getConversation={f"GET {_ONE}": call(None, _TALK)},
    patchConversation={f"PATCH {_ONE}": call(thing("title? tags?", tags=OPEN), _TALK, says="A merge patch.")},
    deleteConversation={f"DELETE {_ONE}": call()},
    listTurns={f"GET {_ONE}/turns": call(None, _SAID)},
    addTurn={f"POST {_ONE}/turns": call(thing("text"), _SAID)},
    deleteTurn={f"DELETE {_ONE}/turns/{{turn}}": call()},
    addMember={f"PUT {_ONE}/members/{{member}}": call(thing("role"))},
    removeMember={f"DELETE {_ONE}/members/{{member}}": call()},
)
"""Conversations deep down in a tree of resources, with resources of their own below them."""

CHAT = document(
    chat={"POST /chat": call(thing("message conversation_id?"), thing("conversation_id reply"))},
    getHistory={"GET /chat/{conversation_id}/history": call(None, many(thing("role content")))},
    clearHistory={"DELETE /chat/{conversation_id}/history": call()},
    health={"GET /health": call()},
)
"""A chat that may be given the id of a conversation: where none is given, the server makes one."""

TERSE = document(chat={"POST /chat": call(thing("chat_id message"), thing("reply"))})
"""One operation that says something in a chat, under a path that could be the collection of chats."""

_CELL = thing("id session_id output")

CELLS = document(
    startSession={"POST /sessions": call(thing("language?"), thing("session_id language"))},
    getSession={"GET /sessions/{session_id}": call(None, thing("session_id language"))},
    stopSession={"DELETE /sessions/{session_id}": call()},
    execute={"POST /sessions/{session_id}/execute": call(thing("code"), thing("cell", cell=_CELL))},
    rerun={"POST /sessions/{session_id}/cells/{cell_id}/execute": call(thing("code"), thing("cell", cell=_CELL))},
    discard={"DELETE /sessions/{session_id}/cells/{cell_id}": call()},
)
"""Sessions that are started, in which cells are run, run again and discarded by their ids."""

_ASKS = thing("queryInput", queryInput=thing("text", text=thing("text languageCode")))
_TALKING = "/projects/{project}/agent/sessions/{session}"

INTENTS = document(
    detectIntent={f"POST {_TALKING}:detectIntent": call(_ASKS, thing("responseId reply"))},
    listContexts={f"GET {_TALKING}/contexts": call(None, thing("contexts", contexts=many(thing("name lifespan"))))},
    createContext={f"POST {_TALKING}/contexts": call(thing("name parameters?", parameters=OPEN), thing("name"))},
    deleteAllContexts={f"DELETE {_TALKING}/contexts": call()},
)
"""Sessions that nothing makes or deletes; what is made and deleted below them is something else."""

_CONFIG = thing("configurable?", configurable=thing("thread_id"))
_INPUT = thing("messages", messages=many(thing("role content")))

CONFIGURED = document(
    invoke={"POST /agent/invoke": call(thing("input config", input=_INPUT, config=_CONFIG), thing("output"))},
    batch={"POST /agent/batch": call(thing("inputs config", inputs=many(_INPUT), config=_CONFIG), thing("outputs"))},
    stream={"POST /agent/stream": call(thing("input config", input=_INPUT, config=_CONFIG))},
)
"""An agent that is told deep in its configuration which thread a call belongs to."""

SILENT = document(
    createConversation={"POST /conversations": call(thing("title?"))},
    postMessage={"POST /conversations/{conversation_id}/messages": call(thing("text"))},
)
"""Something makes conversations, and does not say under which id."""

ANSWERS = document(
    answer={"POST /answer": call(thing("question context"), thing("text"))},
    embed={"POST /embeddings": call(thing("input", input=many(TEXT)), thing("data", data=many(NUMBER)))},
)
"""Questions with a context that is a text, and no session."""

POSTS = document(
    postMessage={"POST /channels/{channel_id}/messages": call(thing("text"), thing("ts"))},
    listChannels={"GET /channels": call(None, many(thing("id name")))},
)
"""Channels that are there, and that nothing makes."""

LOGIN = document(
    login={"POST /login": call(thing("username password"), thing("session_id expires"))},
    send={"POST /mails": call(thing("to text"), thing("mail_id"), "X-Session-Id")},
)
"""A session that stands for who is logged in."""

_MEMORY = thing("session_id metadata created_at", metadata=OPEN, created_at=TIME)
_SAID = thing("role_type content", role_type={"type": "string", "enum": ["user", "system"]})
_KEPT = thing("uuid kind content created_at", kind={"type": "string", "enum": ["said", "answered"]}, created_at=TIME)
_META = thing("metadata", metadata=OPEN)
MEMORIES = document(
    addSession={"POST /sessions": call(thing("session_id metadata?", metadata=OPEN), _MEMORY)},
    listSessions={"GET /sessions": {**call(None, many(_MEMORY)), "parameters": [
        {"in": "query", "name": "limit", "schema": NUMBER}, {"in": "query", "name": "before", "schema": TEXT},
    ]}},
    getSession={"GET /sessions/{session_id}": call(None, _MEMORY)},
    addMemory={"POST /sessions/{session_id}/memory": call(thing("messages", messages=many(_SAID)), thing("context"))},
    listMessages={"GET /sessions/{session_id}/messages": call(None, thing("messages", messages=many(_KEPT)))},
    updateSession={"PATCH /sessions/{session_id}": call(_META, _MEMORY, says="It is merged.")},
    deleteSession={"DELETE /sessions/{session_id}": call()},
)  # fmt: skip
