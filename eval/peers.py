"""The systems that eval.bench_peers compares, each in a process of its own: ``python -m eval.peers NAME FOLDER``.

All of them get the same pages, read by our ingest, and the same embedding model behind the same two functions (with
its "query: " and "passage: "). What each one is, and the documentation its defaults are taken from:

    ours, fused, keyword, vector   our index (pieces of whole lines up to 220 tokens, under their headings); ``ours`` is
                                   ``Assistant.ask``, ranked as ``Assistant.trace`` says that it reads the passages
    bm25        bm25s as its README has it: BM25(), its own tokenizer with English stop words; pieces of 300 characters
    bm25-words  the same over the words of fugashi and UniDic as they are written (NFKC, lower case): a fair plain BM25
    embedding   the cosine of question and piece, compared with every one; pieces of 300 characters
    llamaindex  VectorStoreIndex.from_documents and its retriever: SentenceSplitter of 1,024 tokens with 200 of overlap;
                a Document for a page with file name and page label as metadata, as SimpleDirectoryReader reads a PDF
                (developers.llamaindex.ai/python/framework/getting_started/starter_example)
    txtai       Segmentation(sections=True), as its examples/rag_quickstart.py cuts: at form feeds, else at two empty
                lines and more; into Embeddings. "hybrid" is its hybrid=True, half BM25
                (neuml.github.io/txtai/pipeline/data/segmentation and /embeddings/configuration/general)
    haystack    DocumentSplitter() of 200 words, parted by spaces, InMemoryDocumentStore, InMemoryEmbeddingRetriever;
                "hybrid" adds InMemoryBM25Retriever, and DocumentJoiner("reciprocal_rank_fusion")
                (docs.haystack.deepset.ai/docs/documentsplitter, /inmemorydocumentstore and /documentjoiner)

Only the number of hits is not each library's default: 10 from all. LlamaIndex has its hybrid retriever in a package of
its own (llama-index-retrievers-bm25, with an English stemmer), which is not compared. Nobody has a language model.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.pieces import Corpus, Page, Span, located, plain_pieces
from index.embedder import open_embedder
from index.protocols import Embedder
from index.retriever import Leg

DEPTH = 10  # hits that are asked of every system


@dataclass(frozen=True)
class Found:
    """What came of a question: pieces by ordinal, best first, and what a reader is told beyond that (only by ours)."""

    ranking: list[int]
    answered: bool
    text: str | None = None
    citations: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class Built:
    """A system that is ready to be asked. ``ask`` is what is timed; ``found`` reads its result."""

    pieces: list[Span]
    ask: Callable[[str], Any]
    found: Callable[[str, Any], Found]


@dataclass(frozen=True)
class Reply:
    id: str
    ms: float
    found: Found


@dataclass(frozen=True)
class Outcome:
    """What a system made of the corpus and the questions. Seconds are of the wall clock, memory of this process."""

    pieces: list[Span]
    replies: list[Reply]
    start_seconds: float  # importing, and loading the model
    index_seconds: float  # cutting, embedding, storing; ours: reading the files too
    peak_mib: float


Build = Callable[[Corpus, Embedder, Path], Built]


def _hits(_: str, ranking: list[int]) -> Found:
    return Found(ranking, bool(ranking))


# --- ours ------------------------------------------------------------------------------------------------------------


def _ours(leg: Leg | None) -> Build:
    def build(corpus: Corpus, embedder: Embedder, folder: Path) -> Built:
        from answer.answer import QuestionError
        from answer.assistant import Assistant
        from index.collection import Collection

        collection = Collection(folder / "index", embedder)
        collection.add([Path(path) for path in corpus.documents])
        assistant = Assistant(collection)
        snapshot = collection.snapshot()
        files = {info.id: info.file for info in snapshot.documents()}
        chunks = [chunk for document in files for chunk in snapshot.chunks(document)]
        ordinals = {chunk.id: n for n, chunk in enumerate(chunks)}
        pieces = [corpus.span(files[chunk.document_id], chunk.start, chunk.end) for chunk in chunks]

        def ask(question: str) -> Any:
            try:
                return assistant.ask(question) if leg is None else assistant.search(question, DEPTH, leg)
            except QuestionError:
                return None

        def found(question: str, result: Any) -> Found:
            if result is None:
                return Found([], False)
            if leg is not None:
                return _hits(question, [ordinals[passage.chunk_id] for passage in result])
            hits = assistant.trace(question).legs["fused"][:DEPTH]
            return Found(
                [ordinals[hit.chunk.id] for hit in hits],
                result.status == "answered",
                result.answer,
                [corpus.span(c.file, c.start, c.end) for c in result.citations],
            )

        return Built(pieces, ask, found)

    return build


# --- plain ones ------------------------------------------------------------------------------------------------------


def english_tokens(texts: Sequence[str]) -> list[list[str]]:
    """Return the tokens of bm25s's own tokenizer: runs of two letters and more; in Japanese, whole clauses."""
    import bm25s

    tokens: list[list[str]] = bm25s.tokenize(list(texts), stopwords="en", return_ids=False, show_progress=False)
    return tokens


def written_words(texts: Sequence[str]) -> list[list[str]]:
    """Return the words of each text as they are written, in NFKC and lower case."""
    from ingest.japanese import morphs

    return [[unicodedata.normalize("NFKC", morph.surface).lower() for morph in morphs(text)] for text in texts]


def _bm25(tokens: Callable[[Sequence[str]], list[list[str]]]) -> Build:
    def build(corpus: Corpus, embedder: Embedder, folder: Path) -> Built:
        import bm25s

        pieces = plain_pieces(corpus.pages)
        model = bm25s.BM25()
        model.index(tokens(corpus.texts(pieces)), show_progress=False)

        def ask(question: str) -> list[int]:
            known = [token for token in tokens([question])[0] if token in model.vocab_dict]
            if not known:
                return []
            scores = model.get_scores(known)
            return [int(n) for n in np.argsort(-scores, kind="stable")[:DEPTH] if scores[n] > 0]

        return Built(pieces, ask, _hits)

    return build


def _embedding(corpus: Corpus, embedder: Embedder, folder: Path) -> Built:
    pieces = plain_pieces(corpus.pages)
    vectors = embedder.embed_passages(corpus.texts(pieces))

    def ask(question: str) -> list[int]:
        scores = vectors @ embedder.embed_queries([question])[0]
        return [int(n) for n in np.argsort(-scores, kind="stable")[:DEPTH]]

    return Built(pieces, ask, _hits)


# --- others ----------------------------------------------------------------------------------------------------------


def _llamaindex(corpus: Corpus, embedder: Embedder, folder: Path) -> Built:
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.embeddings import BaseEmbedding

    class SameModel(BaseEmbedding):  # type: ignore[misc] # a class of a library without types
        def _get_query_embedding(self, query: str) -> list[float]:
            return list(map(float, embedder.embed_queries([query])[0]))

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return [list(map(float, vector)) for vector in embedder.embed_passages(texts)]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    documents = [
        Document(
            id_=str(n),
            text=page.text,
            metadata={"file_name": page.file} | ({"page_label": str(page.number)} if page.number else {}),
        )
        for n, page in enumerate(corpus.pages)
        if page.text.strip()
    ]
    index = VectorStoreIndex.from_documents(documents, embed_model=SameModel(model_name=embedder.name))
    retriever = index.as_retriever(similarity_top_k=DEPTH)
    nodes = list(index.docstore.docs.values())
    pieces = located(corpus, [(int(node.ref_doc_id), node.text) for node in nodes], overlapping=True)
    ordinals = {node.node_id: n for n, node in enumerate(nodes)}
    return Built(
        pieces, retriever.retrieve, lambda question, hits: _hits(question, [ordinals[hit.node.node_id] for hit in hits])
    )


def _txtai(hybrid: bool) -> Build:
    def build(corpus: Corpus, embedder: Embedder, folder: Path) -> Built:
        from txtai import Embeddings
        from txtai.pipeline import Segmentation

        sections = Segmentation(sections=True)
        texts = [(n, text) for n, page in enumerate(corpus.pages) for text in sections(page.text)]
        embed = embedder.embed_passages

        def transform(inputs: Sequence[str]) -> Any:
            return embed(inputs)  # txtai has the one function for passages and questions: below it becomes the other

        embeddings = Embeddings(method="external", transform=transform, **({"hybrid": True} if hybrid else {}))
        embeddings.index([(n, text) for n, (_, text) in enumerate(texts)])
        embed = embedder.embed_queries
        return Built(
            located(corpus, texts),
            lambda question: embeddings.search(question, DEPTH),
            lambda question, hits: _hits(question, [int(n) for n, _ in hits]),
        )

    return build


def _haystack(hybrid: bool) -> Build:
    def build(corpus: Corpus, embedder: Embedder, folder: Path) -> Built:
        from haystack import Document
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.preprocessors import DocumentSplitter
        from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore()
        pages = [Document(content=p.text, meta={"page": n}) for n, p in enumerate(corpus.pages) if p.text.strip()]
        documents = DocumentSplitter().run(documents=pages)["documents"]
        vectors = embedder.embed_passages([document.content for document in documents]).tolist()
        store.write_documents([replace(d, embedding=v) for d, v in zip(documents, vectors, strict=True)])
        by_vectors = InMemoryEmbeddingRetriever(store, top_k=DEPTH)
        by_words = InMemoryBM25Retriever(store, top_k=DEPTH)
        joiner = DocumentJoiner("reciprocal_rank_fusion", top_k=DEPTH)

        def ask(question: str) -> Any:
            near = by_vectors.run(query_embedding=embedder.embed_queries([question])[0].tolist())["documents"]
            return joiner.run([by_words.run(query=question)["documents"], near])["documents"] if hybrid else near

        pieces = located(corpus, [(d.meta["page"], d.content) for d in documents])
        ordinals = {document.id: n for n, document in enumerate(documents)}
        return Built(pieces, ask, lambda question, hits: _hits(question, [ordinals[hit.id] for hit in hits]))

    return build


# --- the process of one system ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class System:
    """How a system is called in a table, how it is built, what it imports first, and whether it embeds."""

    title: str
    build: Build
    modules: tuple[str, ...] = ()
    embeds: bool = True
    package: str | None = None  # on PyPI; None: the product's own


_HAYSTACK = ("haystack", "haystack.components.preprocessors", "haystack.components.retrievers")
SYSTEMS = {
    "ours": System("本製品（全体）", _ours(None), ("answer.assistant",)),
    "fused": System("本製品の検索（語＋意味）", _ours("fused"), ("answer.assistant",)),
    "keyword": System("　うち語だけ", _ours("keyword"), ("answer.assistant",)),
    "vector": System("　うち意味だけ", _ours("vector"), ("answer.assistant",)),
    "bm25": System("素のBM25（bm25s の既定、英語用）", _bm25(english_tokens), ("bm25s",), embeds=False),
    "bm25-words": System("素のBM25（日本語の単語）", _bm25(written_words), ("bm25s", "ingest.japanese"), embeds=False),
    "embedding": System("埋め込みだけ", _embedding),
    "llamaindex": System("LlamaIndex（既定）", _llamaindex, ("llama_index.core",), package="llama-index-core"),
    "txtai": System("txtai（既定）", _txtai(False), ("txtai", "txtai.pipeline"), package="txtai"),
    "txtai-hybrid": System("txtai（hybrid）", _txtai(True), ("txtai", "txtai.pipeline"), package="txtai"),
    "haystack": System("Haystack（既定）", _haystack(False), _HAYSTACK, package="haystack-ai"),
    "haystack-hybrid": System("Haystack（BM25併用）", _haystack(True), _HAYSTACK, package="haystack-ai"),
}


def run_system(
    system: System, corpus: Corpus, questions: Sequence[tuple[str, str]], embedder: Embedder, folder: Path
) -> Outcome:
    """Return what a system makes of (id, question) pairs over a corpus; it may keep files in ``folder``.

    The first question is asked once before, untimed, so that it does not pay for what is opened only then.
    """
    began = time.perf_counter()
    for module in system.modules:
        importlib.import_module(module)
    if system.embeds:
        embedder.embed_queries(["準備"])
    started = time.perf_counter()
    built = system.build(corpus, embedder, folder)
    indexed = time.perf_counter()
    built.ask(questions[0][1])
    replies = []
    for key, question in questions:
        asked = time.perf_counter()
        result = built.ask(question)
        ms = 1000 * (time.perf_counter() - asked)
        replies.append(Reply(key, ms, built.found(question, result)))
    from eval.bench_ingest import own_mib  # imports what most systems do without, so only now

    return Outcome(built.pieces, replies, started - began, indexed - started, own_mib())


def main(argv: Sequence[str]) -> int:
    """Run the system called ``argv[0]`` over FOLDER/corpus.json and questions.json; write FOLDER/outcome.json."""
    name, folder = argv[0], Path(argv[1])
    given = json.loads((folder / "corpus.json").read_text("utf-8"))
    corpus = Corpus(tuple(given["documents"]), tuple(Page(**page) for page in given["pages"]))
    questions = [(key, text) for key, text in json.loads((folder / "questions.json").read_text("utf-8"))]
    outcome = run_system(SYSTEMS[name], corpus, questions, open_embedder(), folder)
    (folder / "outcome.json").write_text(json.dumps(asdict(outcome), ensure_ascii=False), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
