"""Doors that other programs' clients know: OpenAI's chat completions, and the retrieval that Dify asks for."""
