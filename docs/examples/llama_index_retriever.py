"""A LlamaIndex retriever over tenkyo: ``pip install llama-index-core``, and ``tenkyo serve`` beside it.

``TenkyoRetriever().retrieve("移住相談の件数")`` returns passages, best first: verbatim, and each with its place.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode


class TenkyoRetriever(BaseRetriever):
    """Searches what the key's owner may see."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        page: str = "http://127.0.0.1:8501",
        key: str = "",
        k: int = 5,
        scope: dict[str, Any] | None = None,
    ):
        """``url`` is the API's, ``page`` shows a passage on its page; no ``key`` is needed on one's own machine."""
        self.url, self.page, self.key, self.k, self.scope = url, page, key, k, scope
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        body = json.dumps({"question": query_bundle.query_str, "k": self.k, "scope": self.scope}).encode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        with urlopen(Request(f"{self.url}/v1/search", body, headers), timeout=60) as response:
            passages = json.load(response)["passages"]
        return [
            NodeWithScore(node=TextNode(id_=p["chunk_id"], text=p["quote"], metadata=self._place(p)), score=p["score"])
            for p in passages
        ]

    def _place(self, passage: dict[str, Any]) -> dict[str, Any]:
        """Return where a passage stands, and a link that opens its page."""
        at = {"id": passage["document_id"], "page": passage["page"] or 1}
        at |= {"start": passage["start"], "end": passage["end"]}
        kept = ("document_id", "file", "title", "published", "page", "section", "start", "end")
        return {name: passage[name] for name in kept} | {"source": f"{self.page}/documents?{urlencode(at)}"}


if __name__ == "__main__":
    import sys

    for found in TenkyoRetriever().retrieve(sys.argv[1]):
        print(f"{found.metadata['title']} p.{found.metadata['page']} {found.metadata['source']}")
        print(found.text)
