"""What a tool returns: text for a model, and the same as a structure for programs, since clients read one or other."""

from __future__ import annotations

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel


def result(text: str, structure: BaseModel) -> CallToolResult:
    """Return both; ValueError for an empty text, of which some clients show nothing at all."""
    if not text.strip():
        raise ValueError("a tool must say something")
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=structure.model_dump(mode="json")
    )
