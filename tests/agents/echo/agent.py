"""Answers with what it remembers of the conversation, so that its context can be judged; `sleep:0.5` makes it slow."""

import asyncio
from collections.abc import AsyncGenerator

from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event, EventActions
from google.genai import types


class Echo(BaseAgent):
    """Counts the turns, and repeats the texts of all of them."""

    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        texts = [
            part.text or ""
            for event in ctx.session.events
            if event.author == "user" and event.content
            for part in event.content.parts or ()
        ]
        last = texts[-1] if texts else ""
        if last.startswith("sleep:"):
            await asyncio.sleep(min(5.0, float(last.removeprefix("sleep:"))))
        answer = f"{len(texts)} turns: {' | '.join(texts)}"
        yield Event(
            invocation_id=ctx.invocation_id,
            author=self.name,
            content=types.Content(role="model", parts=[types.Part(text=answer)]),
            actions=EventActions(state_delta={"turns": len(texts)}),
        )


root_agent = Echo(name="echo")
