"""A LangChain retriever over tenkyo: ``pip install langchain-core``, and ``tenkyo serve`` beside it.

``TenkyoRetriever().invoke("移住相談の件数")`` returns passages, best first: verbatim, and each with its place.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever


class TenkyoRetriever(BaseRetriever):
    """Searches what the key's owner may see."""

    url: str = "http://127.0.0.1:8000"  # of the API
    page: str = "http://127.0.0.1:8501"  # that shows a passage on its page
    key: str = ""  # an API key; none is needed on one's own machine
    k: int = 5
    scope: dict[str, Any] | None = None  # such as {"since": "2024-04"}

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        body = json.dumps({"question": query, "k": self.k, "scope": self.scope}).encode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        with urlopen(Request(f"{self.url}/v1/search", body, headers), timeout=60) as response:
            passages = json.load(response)["passages"]
        return [Document(page_content=p["quote"], id=p["chunk_id"], metadata=self._place(p)) for p in passages]

    def _place(self, passage: dict[str, Any]) -> dict[str, Any]:
        """Return where a passage stands, and a link that opens its page."""
        at = {"id": passage["document_id"], "page": passage["page"] or 1}
        at |= {"start": passage["start"], "end": passage["end"]}
        kept = ("document_id", "file", "title", "published", "page", "section", "start", "end")
        return {name: passage[name] for name in kept} | {"source": f"{self.page}/documents?{urlencode(at)}"}


if __name__ == "__main__":
    import sys

    for document in TenkyoRetriever().invoke(sys.argv[1]):
        print(f"{document.metadata['title']} p.{document.metadata['page']} {document.metadata['source']}")
        print(document.page_content)
