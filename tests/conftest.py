"""What the rooms' tests share: an embedder without a model, and the papers of a town that does not exist."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from filelock import FileLock

from index.collection import Collection

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAPERS = {
    "令和5年12月定例会_資料.txt": """\
みずほ野市　令和5年12月定例会　行政報告資料
令和5年12月5日
企画政策課

１　人口の動き
令和5年11月末現在の人口は48,210人で、前年同月から312人減少しました。
社会増減は84人の増となりました。

２　空き家バンク
空き家バンクの登録件数は、令和5年11月末現在で57件です。
利用を希望する方は、建築住宅課の窓口で登録を申し込みます。
""",
    "令和6年6月定例会_資料.txt": """\
みずほ野市　令和6年6月定例会　行政報告資料
令和6年6月4日
企画政策課

１　人口の動き
令和6年5月末現在の人口は48,005人で、前年同月から290人減少しました。

２　空き家バンク
空き家バンクの登録件数は、令和6年5月末現在で66件です。

３　給食センターの整備
新しい給食センターは、東部地区の旧青葉小学校跡地に整備します。
総事業費は12億3,400万円で、令和8年4月の供用開始を予定しています。
""",
    "地域公共交通計画.md": """\
# みずほ野市地域公共交通計画の概要

令和6年3月　交通政策課

## 乗合タクシー「のりあい号」

- 運行区域は、北部の3地区です。
- 利用料金は、1回300円です。
- 予約は、前日の17時までに電話で行います。

## 利用者数

| 年度 | 利用者数（人） |
| --- | --- |
| 令和3年度 | 4,120 |
| 令和4年度 | 5,036 |
""",
}


class HashingEmbedder:
    """Turns character pairs into places of a vector: alike texts get alike vectors, and every run the same ones."""

    def __init__(self, name: str = "hashing", dim: int = 256):
        self.name = name
        self.dim = dim
        self.embedded = 0

    def embed_passages(self, texts):
        self.embedded += len(texts)
        return self._embed(texts)

    def embed_queries(self, texts):
        return self._embed(texts)

    def count_tokens(self, text):
        return len(text)

    def _embed(self, texts):
        vectors = np.full((len(texts), self.dim), 1e-6, np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for i in range(len(text) - 1):
                row[zlib.crc32(text[i : i + 2].encode()) % self.dim] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def embedder() -> HashingEmbedder:
    """An embedder that needs no model."""
    return HashingEmbedder()


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder with three papers of a made-up town, two of which say different things at different times."""
    folder = tmp_path / "papers"
    folder.mkdir()
    for name, text in PAPERS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def finished_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of those papers, made once; tests get copies of it."""
    folder = tmp_path_factory.mktemp("made")
    papers = folder / "papers"
    papers.mkdir()
    for name, text in PAPERS.items():
        (papers / name).write_text(text, encoding="utf-8")
    report = Collection(folder / "index", HashingEmbedder()).add([papers])
    assert report.failed == []
    return folder / "index"


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The index of the sample collection, made once by the real command with the real model. Not to be changed.

    The processes that the tests are shared among have it in common. ``SAMPLE_INDEX`` is where one is that somebody
    else makes (.ci/run, for whose questions the same papers are embedded), or will be once its lock is free.
    """
    from tests.browser import ROOT, ingest  # needs Playwright's package, which most tests do not

    base = tmp_path_factory.getbasetemp()
    given = os.environ.get("SAMPLE_INDEX")
    folder = Path(given) if given else (base if worker_id == "master" else base.parent) / "sample"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            ingest(sorted((ROOT / "sample").glob("*.pdf")), folder.with_name("sample-unfinished"))
            folder.with_name("sample-unfinished").rename(folder)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of what a person sees."""
    from tests.browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def collection(finished_index: Path, tmp_path: Path, embedder: HashingEmbedder) -> Collection:
    """A small collection of a test's own, ready to be asked, changed or damaged."""
    shutil.copytree(finished_index, tmp_path / "index")
    return Collection(tmp_path / "index", embedder)
