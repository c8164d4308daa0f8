"""An agent that needs no model."""

from . import agent

__all__ = ["agent"]
