"""Files go in and out of a collection, and nothing is lost on the way."""

import errno
import os
import shutil
import threading
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from index import collection as module
from index import originals, reading
from index.collection import EMBEDDING, Collection
from index.protocols import GenerationGone, IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, IndexUnwritable
from tests.conftest import PAPERS, HashingEmbedder

JUNE = "令和6年6月定例会_資料.txt"
DECEMBER = "令和5年12月定例会_資料.txt"
TAXI = "地域公共交通計画.md"
LOGS = {"tenkyo.db-shm", "tenkyo.db-wal"}  # of SQLite, while somebody has the file open


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request, tmp_path, embedder) -> Collection:
    """An empty collection, of each engine in turn."""
    url = request.getfixturevalue("postgres_place") if request.param == "postgresql" else None
    return Collection(tmp_path / "new" / "index", embedder, url)


def files(collection: Collection) -> set[str]:
    return {info.file for info in collection.snapshot().documents()}


def left_behind(folder: Path) -> list[str]:
    """Return what no finished writer leaves."""
    return [path.name for path in folder.rglob(".*")] + [path.name for path in folder.rglob("*.new")]


def test_a_folder_goes_in_and_its_passages_and_facts_are_found(fresh, papers):
    assert not fresh.exists()
    with pytest.raises(IndexMissing, match="run `tenkyo ingest` first"):
        fresh.snapshot()
    report = fresh.add([papers])
    assert [info.file for info in report.added] == sorted(PAPERS)
    assert (report.refreshed, report.skipped, report.failed) == ([], [], [])
    snapshot = fresh.snapshot()
    hit = snapshot.search("乗合タクシーの利用料金", k=3)[0]
    assert "300円" in hit.chunk.text
    assert set(hit.ranks) == {"keyword", "vector"}
    fact, score = snapshot.search_facts("空き家バンクの登録件数")[0]
    assert fact.value.startswith(("57", "66"))
    assert score > 0
    assert fresh.verify() == []


@pytest.mark.parametrize("leg", ["fused", "keyword", "vector"])
def test_every_leg_returns_at_most_k_hits_best_first_with_their_documents_text(collection, leg):
    snapshot = collection.snapshot()
    hits = snapshot.search("給食センターの総事業費はいくらですか", 4, leg)
    assert 1 <= len(hits) <= 4
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        text = snapshot.document(hit.chunk.document_id).text
        assert text[hit.chunk.start : hit.chunk.end] == hit.chunk.text == snapshot.chunk(hit.chunk.id).text
        assert set(hit.ranks) <= ({"keyword", "vector"} if leg == "fused" else {leg})
    assert "12億3,400万円" in hits[0].chunk.text


def test_unchanged_files_are_neither_parsed_nor_embedded_again(collection, papers, embedder, monkeypatch):
    before = collection.snapshot()
    monkeypatch.setattr(reading, "parse", None)
    report = collection.add([papers, papers / JUNE])
    assert {info.file for info in report.skipped} == set(PAPERS)
    assert embedder.embedded == 0
    assert collection.snapshot() is before


def test_a_new_file_costs_only_its_own_embedding_and_the_rest_is_found_as_before(collection, papers, embedder):
    question = "空き家バンクの登録件数"
    before = [(hit.chunk, hit.score) for hit in collection.snapshot().search(question, 20, "vector")]
    (papers / "新しい.txt").write_text("みずほ野市　広報\n\n図書館の開館時間は9時から19時です。\n", encoding="utf-8")
    report = collection.add([papers])
    assert [info.file for info in report.added] == ["新しい.txt"]
    assert embedder.embedded == report.added[0].chunks
    after = [(hit.chunk, hit.score) for hit in collection.snapshot().search(question, 30, "vector")]
    assert [hit for hit in after if hit[0].document_id != report.added[0].id] == before
    assert "9時から19時" in collection.snapshot().search("図書館は何時から", 1)[0].chunk.text


def test_pictures_that_nobody_could_read_are_read_once_there_is_an_engine(fresh, papers, monkeypatch):
    real = reading.parse
    monkeypatch.setattr(module, "ocr_installed", lambda: False)
    monkeypatch.setattr(
        reading, "parse", lambda path, heard, name: replace(real(path, heard, name=name), lacks_ocr=name == JUNE)
    )
    fresh.add([papers])
    assert {info.file for info in fresh.add([papers]).skipped} == set(PAPERS), "there is still no engine"
    monkeypatch.setattr(module, "ocr_installed", lambda: True)
    monkeypatch.setattr(reading, "parse", real)
    report = fresh.add([papers])
    assert [info.file for info in report.refreshed] == [JUNE]
    assert {info.file for info in report.skipped} == {DECEMBER, TAXI}
    assert {info.file for info in fresh.add([papers]).skipped} == set(PAPERS), "and once is enough"


def test_new_content_at_the_same_path_replaces_the_old(fresh, papers):
    fresh.add([papers])
    old = next(info for info in fresh.snapshot().documents() if info.file == JUNE)
    (papers / JUNE).write_text(PAPERS[JUNE].replace("66件", "71件"), encoding="utf-8")
    report = fresh.add([papers])
    assert [info.file for info in report.refreshed] == [JUNE]
    assert {info.file for info in report.skipped} == {DECEMBER, TAXI}
    snapshot = fresh.snapshot()
    assert old.id not in {info.id for info in snapshot.documents()}
    assert not any("66件" in hit.chunk.text for hit in snapshot.search("空き家バンクの登録件数", 20))
    assert "71件" in "".join(hit.chunk.text for hit in snapshot.search("空き家バンクの登録件数", 3))


def test_a_file_that_was_spoilt_keeps_its_last_good_document(fresh, papers):
    fresh.add([papers])
    (papers / JUNE).write_bytes(b"")
    report = fresh.add([papers])
    assert [path.name for path, _ in report.failed] == [JUNE]
    assert files(fresh) == set(PAPERS)


def test_a_bad_file_is_listed_and_the_rest_goes_on(fresh, papers):
    (papers / "壊れた.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    (papers / "空.txt").write_bytes(b"")
    report = fresh.add([papers, papers / "ない.txt"])
    assert {path.name for path, _ in report.failed} == {"壊れた.pdf", "空.txt", "ない.txt"}
    assert {info.file for info in report.added} == set(PAPERS)
    assert all("内部エラー" not in getattr(error, "message", "") for _, error in report.failed)


def test_a_mistake_of_ours_in_one_file_is_listed_with_its_cause(fresh, papers, monkeypatch):
    def parse(path, progress, *, name, real=reading.parse):
        if path.name == JUNE:
            raise RecursionError("too deep")
        return real(path, progress, name=name)

    monkeypatch.setattr(reading, "parse", parse)
    ((path, error),) = fresh.add([papers]).failed
    assert path.name == JUNE
    assert "RecursionError: too deep" in str(error)
    assert files(fresh) == {DECEMBER, TAXI}


def test_a_mistake_of_ours_in_cutting_one_file_costs_that_file_only(fresh, papers, monkeypatch):
    def chunk(document, count, real=reading.chunk):
        if document.file == JUNE:
            raise IndexError("out of range")
        return real(document, count)

    monkeypatch.setattr(reading, "chunk", chunk)
    ((path, error),) = fresh.add([papers]).failed
    assert (path.name, "内部エラー" in error.message) == (JUNE, True)
    assert files(fresh) == {DECEMBER, TAXI}


def test_hidden_and_unknown_files_of_a_folder_are_passed_over_but_not_when_named(fresh, papers):
    for name in (".隠し.txt", "写真.jpg", ".git/説明.txt"):
        (papers / name).parent.mkdir(exist_ok=True)
        (papers / name).write_text("予算は5億円です。", encoding="utf-8")
    assert fresh.add([papers]).failed == []
    assert files(fresh) == set(PAPERS)
    ((path, error),) = fresh.add([papers / "写真.jpg"]).failed
    assert (path.name, "形式" in error.message) == ("写真.jpg", True)


def test_links_out_of_the_folder_are_named_and_not_followed(fresh, papers, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "秘密.txt").write_text("予算は5億円です。", encoding="utf-8")
    (papers / "link.txt").symlink_to(outside / "秘密.txt")
    (papers / "folder").symlink_to(outside)
    (papers / "loop").symlink_to(papers)
    failed = fresh.add([papers]).failed
    assert sorted(path.name for path, _ in failed) == ["folder", "link.txt"]
    assert all("フォルダの外" in error.message for _, error in failed)
    assert files(fresh) == set(PAPERS)


def test_a_name_with_newlines_or_parted_marks_is_shown_as_a_person_reads_it(fresh, papers):
    (papers / unicodedata.normalize("NFD", "がいよう\n（予算）.txt")).write_text("予算は5億円です。", encoding="utf-8")
    fresh.add([papers])
    assert "がいよう （予算）.txt" in files(fresh)


def test_two_files_of_one_name_are_two_documents(fresh, papers):
    (papers / "総務").mkdir()
    (papers / "総務" / JUNE).write_text("総務課の予算は5億円です。", encoding="utf-8")
    assert len(fresh.add([papers]).added) == 4
    assert sorted(info.file for info in fresh.snapshot().documents()).count(JUNE) == 2


def test_the_same_content_under_another_name_is_said_to_be_a_duplicate(fresh, papers):
    shutil.copyfile(papers / JUNE, papers / "写し.txt")
    report = fresh.add([papers])
    assert len(report.added) == 3
    ((path, of),) = report.duplicates
    assert {path.name, of} == {JUNE, "写し.txt"}
    shutil.copyfile(papers / DECEMBER, papers / "もう一つ.txt")
    later = {path.name: of for path, of in fresh.add([papers]).duplicates}
    assert later["もう一つ.txt"] == DECEMBER
    assert files(fresh) == {DECEMBER, TAXI, of}


def test_a_file_that_is_gone_or_changes_before_it_is_read_costs_itself_only(fresh, papers, monkeypatch):
    def parse(path, progress, *, name, real=reading.parse):
        if path.name == JUNE:
            path.unlink()
        if path.name == TAXI:
            path.write_text("書き換えられた。", encoding="utf-8")
        return real(path, progress, name=name)

    monkeypatch.setattr(reading, "parse", parse)
    failed = {path.name: error.message for path, error in fresh.add([papers]).failed}
    assert "ファイルがありません" in failed[JUNE]
    assert "ファイルが変わりました" in failed[TAXI]
    assert files(fresh) == {DECEMBER}


def test_a_file_that_is_gone_or_changes_after_it_was_read_costs_itself_only(fresh, papers):
    def after_reading(stage, done, total):
        if stage == EMBEDDING and not done:
            (papers / JUNE).unlink(missing_ok=True)
            (papers / TAXI).write_text("書き換えられた。", encoding="utf-8")

    failed = {path.name: error.message for path, error in fresh.add([papers], after_reading).failed}
    assert failed.keys() == {JUNE, TAXI}
    assert all("取り込んでいる間に" in message for message in failed.values())
    assert files(fresh) == {DECEMBER}
    assert left_behind(fresh.folder) == []


def test_what_is_no_ordinary_file_is_refused_at_once(fresh, papers):
    os.mkfifo(papers / "管.txt")
    ((path, error),) = fresh.add([papers / "管.txt"]).failed
    assert (path.name, "ふつうのファイルではない" in error.message) == ("管.txt", True)


def test_several_files_are_read_at_once_and_come_in_their_order(fresh, papers, monkeypatch):
    monkeypatch.setattr(reading, "CORES", 2)
    together = threading.Barrier(2, timeout=20)

    def parse(path, progress, *, name, real=reading.parse):
        if path.name != TAXI:
            together.wait()  # breaks unless two are read at the same time
        return real(path, progress, name=name)

    monkeypatch.setattr(reading, "parse", parse)
    for name in (DECEMBER, JUNE):
        assert (papers / name).exists()
    assert [info.file for info in fresh.add([papers / DECEMBER, papers / JUNE, papers / TAXI]).added] == [
        DECEMBER,
        JUNE,
        TAXI,
    ]


def test_reading_is_counted_in_pages(fresh, tmp_path):
    (tmp_path / "三枚.txt").write_text("一\f二\f三", encoding="utf-8")
    seen = []
    fresh.add([tmp_path / "三枚.txt"], lambda stage, done, total: seen.append((stage, done, total)))
    assert (module.READING, 3, 3) in seen


def test_a_title_and_a_date_set_by_hand_hold_wherever_the_document_is_cited(fresh, papers, embedder):
    fresh.add([papers])
    june = next(info for info in fresh.snapshot().documents() if info.file == JUNE)
    embedder.embedded = 0
    told = fresh.describe(june.id, {"published": "2024-07-01"})
    assert (told.published, told.taken_from["published"]) == ("2024-07-01", "by_hand")
    assert embedder.embedded == 0  # no passage's words changed
    told = fresh.describe(june.id, {"title": "行政報告（訂正版）"})
    assert (told.title, told.published) == ("行政報告（訂正版）", "2024-07-01")
    snapshot = fresh.snapshot()
    assert {chunk.title for chunk in snapshot.chunks(june.id)} == {"行政報告（訂正版）"}
    assert snapshot.document(june.id).published == "2024-07-01"
    assert len(snapshot.documents()) == 3
    assert fresh.verify() == []
    assert len(fresh.add([papers]).skipped) == 3


def test_what_was_set_by_hand_outlives_a_new_version_but_not_the_date(fresh, papers):
    fresh.add([papers])
    june = next(info for info in fresh.snapshot().documents() if info.file == JUNE)
    fresh.describe(june.id, {"title": "訂正版", "published": "2030-01"})
    (papers / JUNE).write_text(PAPERS[JUNE].replace("66件", "71件"), encoding="utf-8")
    (renewed,) = fresh.add([papers]).refreshed
    assert (renewed.title, renewed.published) == ("訂正版", june.published)


def test_an_empty_value_takes_back_what_was_set_by_hand(fresh, papers):
    fresh.add([papers])
    june = next(info for info in fresh.snapshot().documents() if info.file == JUNE)
    fresh.describe(june.id, {"title": "訂正版"})
    back = fresh.describe(june.id, {"title": ""})
    assert (back.title, back.taken_from) == (june.title, june.taken_from)
    with pytest.raises(KeyError):
        fresh.describe("ffffffffffffffff", {"title": "訂正版"})


def test_an_index_inside_the_folder_does_not_read_itself(papers, embedder):
    inside = Collection(papers / "index", embedder)
    inside.add([papers])
    inside.add([papers])
    assert files(inside) == set(PAPERS)


@pytest.mark.parametrize("changed", [JUNE, "写し.txt"])
def test_equal_content_is_one_document_and_survives_a_change_of_one_copy(fresh, papers, changed):
    shutil.copyfile(papers / JUNE, papers / "写し.txt")
    assert len(fresh.add([papers]).added) == 3
    (papers / changed).write_text(PAPERS[JUNE] + "\n以上です。\n", encoding="utf-8")
    fresh.add([papers])
    texts = [fresh.snapshot().document(info.id).text for info in fresh.snapshot().documents()]
    assert sum("66件" in text for text in texts) == 2


def test_a_file_may_be_known_by_another_name_than_its_path(fresh, papers, tmp_path):
    for number in ("1", "2"):
        upload = tmp_path / number
        upload.mkdir()
        (upload / "x.txt").write_text(PAPERS[JUNE] + number, encoding="utf-8")
        report = fresh.add([upload / "x.txt"], sources={upload / "x.txt": JUNE})
    assert [(info.file, info.source) for info in report.refreshed] == [(JUNE, JUNE)]
    assert files(fresh) == {JUNE}


def test_whoever_hears_the_progress_can_stop_it_and_what_is_finished_stays(fresh, papers, monkeypatch):
    monkeypatch.setattr(module, "CHECKPOINT", 1)

    def heard(stage, done, total):
        if stage == module.EMBEDDING and fresh.exists():
            raise module.Stopped

    with pytest.raises(module.Stopped):
        fresh.add([papers], heard)
    assert len(files(fresh)) == 1
    assert len(fresh.add([papers]).added) == 2


def test_the_originals_are_kept_and_go_with_their_documents(collection, papers, monkeypatch):
    snapshot = collection.snapshot()
    info = next(info for info in snapshot.documents() if info.file == JUNE)
    copy = snapshot.source_path(info.id)
    assert copy.read_bytes() == (papers / JUNE).read_bytes()
    collection.remove(info.id)
    assert copy.exists()  # a reader may still be at the generation before
    assert snapshot.document(info.id).file == JUNE
    monkeypatch.setattr(module, "GRACE", 0)
    collection.remove(collection.snapshot().documents()[0].id)
    assert not copy.exists()
    with pytest.raises(GenerationGone, match="look again"):
        snapshot.search("人口")


def test_a_shared_database_keeps_the_originals_for_every_machine(postgres_place, tmp_path, papers, embedder):
    here = Collection(tmp_path / "here", embedder, postgres_place)
    here.add([papers])
    there = Collection(tmp_path / "there", HashingEmbedder(), postgres_place)
    june = next(info for info in there.snapshot().documents() if info.file == JUNE)
    assert there.snapshot().source_path(june.id).read_bytes() == (papers / JUNE).read_bytes()
    assert there.describe(june.id, {"title": "行政報告"}).title == "行政報告"
    assert [info.title for info in here.snapshot().documents() if info.id == june.id] == ["行政報告"]


def test_a_removed_document_is_gone_and_all_may_go(collection, embedder):
    ids = [info.id for info in collection.snapshot().documents()]
    for document_id in ids:
        collection.remove(document_id)
        with pytest.raises(KeyError):
            collection.snapshot().document(document_id)
        with pytest.raises(KeyError):
            collection.remove(document_id)
    snapshot = collection.snapshot()
    assert (snapshot.documents(), snapshot.search("人口"), snapshot.search_facts("人口")) == ([], [], [])
    assert collection.verify() == []
    assert embedder.embedded == 0


@pytest.mark.parametrize("ask", ["document", "chunks", "facts", "source_path", "chunk"])
def test_an_unknown_id_is_a_key_error(collection, ask):
    with pytest.raises(KeyError):
        getattr(collection.snapshot(), ask)("ffffffffffffffff")


def test_progress_counts_up_to_its_total_in_every_stage(fresh, papers):
    seen: dict[str, list[tuple[int, int]]] = {}
    fresh.add([papers], lambda stage, done, total: seen.setdefault(stage, []).append((done, total)))
    assert list(seen) == [module.LOOKING, module.READING, module.EMBEDDING, module.WORDS, module.WRITING]
    for steps in seen.values():
        assert [done for done, _ in steps] == sorted(done for done, _ in steps)
        assert steps[-1][0] == steps[-1][1]


def test_a_long_ingestion_is_published_step_by_step(fresh, papers, monkeypatch):
    monkeypatch.setattr(module, "CHECKPOINT", 1)
    seen = []
    fresh.add([papers], lambda stage, done, total: seen.append(len(files(fresh)) if fresh.exists() else 0))
    assert {0, 1, 2, 3} == set(seen)
    assert len(fresh.snapshot().search("人口", 50, "vector")) == sum(i.chunks for i in fresh.snapshot().documents())


def test_ctrl_c_keeps_the_documents_that_were_finished(tmp_path, papers, monkeypatch):
    class Impatient(HashingEmbedder):
        def embed_passages(self, texts):
            if self.embedded >= 4:
                raise KeyboardInterrupt
            return super().embed_passages(texts)

    monkeypatch.setattr(module, "SLICE", 2)
    stopped = Collection(tmp_path / "index", Impatient())
    with pytest.raises(KeyboardInterrupt):
        stopped.add([papers])
    kept = files(stopped)
    assert kept
    assert kept < set(PAPERS)
    assert left_behind(stopped.folder) == []
    again = Collection(stopped.folder, HashingEmbedder())
    report = again.add([papers])
    assert {info.file for info in report.skipped} == kept
    assert files(again) == set(PAPERS)
    assert again.verify() == []


def test_a_second_writer_is_told_at_once_and_readers_go_on(collection, papers, embedder):
    other = Collection(collection.folder, HashingEmbedder())
    (papers / "新しい.txt").write_text("図書館は9時からです。", encoding="utf-8")
    told = []

    def progress(stage, done, total):
        if stage == module.EMBEDDING and not told:
            for write in (lambda: other.add([papers]), lambda: other.remove("x")):
                with pytest.raises(IndexBusy, match="another process is writing") as refusal:
                    write()
                told.append(refusal.value.message)
            assert files(other) == set(PAPERS)
            assert other.snapshot().search("人口")

    collection.add([papers], progress)
    assert len(told) == 2
    assert "別の処理が" in told[0]
    assert "新しい.txt" in files(other)


def test_a_reader_keeps_its_snapshot_while_others_come(collection, papers):
    old = collection.snapshot()
    expected = [(hit.chunk.id, hit.score) for hit in old.search("人口")]
    for number in range(4):
        (papers / f"{number}.txt").write_text(f"第{number}号議案の人口は{number}万人です。", encoding="utf-8")
        collection.add([papers])
    assert Collection(collection.folder, HashingEmbedder()).snapshot().id != old.id
    assert [(hit.chunk.id, hit.score) for hit in old.search("人口")] == expected
    assert {info.file for info in old.documents()} == set(PAPERS)
    assert len(files(collection)) == 7


def test_threads_ask_at_once_and_all_get_the_same_answer(collection):
    snapshot = collection.snapshot()
    expected = [(hit.chunk, hit.score) for hit in snapshot.search("給食センターの整備")]
    wrong: list[object] = []

    def ask():
        for _ in range(20):
            found = [(hit.chunk, hit.score) for hit in collection.snapshot().search("給食センターの整備")]
            documents = [collection.snapshot().document(info.id).id for info in collection.snapshot().documents()]
            if found != expected or len(documents) != 3 or not collection.snapshot().search_facts("人口"):
                wrong.append(found)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("seam", ["seal", "sync_folder"])
def test_a_full_disk_leaves_the_index_as_it_was(collection, papers, monkeypatch, seam):
    before = files(collection)
    content = {path.name for path in collection.folder.rglob("*") if path.is_file()} - LOGS
    (papers / "新しい.txt").write_text("図書館は9時からです。", encoding="utf-8")

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(originals, seam, full)
        with pytest.raises(IndexUnwritable, match="no space left") as refusal:
            collection.add([papers])
    assert "空きが足りない" in refusal.value.message
    assert refusal.value.__cause__.errno == errno.ENOSPC
    other = Collection(collection.folder, HashingEmbedder())
    assert files(other) == before
    assert other.verify() == []
    if seam == "seal":
        assert {path.name for path in collection.folder.rglob("*") if path.is_file()} - LOGS == content
    other.add([papers])
    assert files(other) == {*before, "新しい.txt"}
    assert left_behind(collection.folder) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere: to run it, be another user")
def test_a_folder_that_may_not_be_written_is_named(collection, papers):
    collection.folder.chmod(0o500)
    with pytest.raises(IndexUnwritable, match="check its permissions"):
        collection.remove(collection.snapshot().documents()[0].id)


def test_a_file_where_the_folder_should_be_is_named(tmp_path, papers, embedder):
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexUnwritable, match="cannot be written"):
        Collection(tmp_path / "file", embedder).add([papers])


def test_a_model_of_another_name_is_refused_before_anything_is_done(collection, papers):
    other = Collection(collection.folder, HashingEmbedder("another"))
    for refused in (other.snapshot, lambda: other.add([papers])):
        with pytest.raises(IndexMismatch, match=r"model hashing, not another: name that model") as refusal:
            refused()
        assert "「hashing」で作られています" in refusal.value.message
    assert left_behind(collection.folder) == []


def test_without_a_chosen_model_documents_are_listed_and_removed_but_not_searched(collection):
    plain = Collection(collection.folder)
    document_id = plain.snapshot().documents()[0].id
    with pytest.raises(IndexMismatch, match="made with the embedding model hashing"):
        plain.snapshot().search("人口")
    plain.remove(document_id)
    assert len(plain.snapshot().documents()) == 2


@pytest.fixture
def new_analyzer(monkeypatch):
    for place in ("snapshot", "collection", "database.rewording", "database.writing"):
        monkeypatch.setattr(f"index.{place}.analyzer", lambda: "words-new")


def test_an_index_of_another_analyzer_is_refused_until_its_words_are_cut_anew(
    fresh, papers, tmp_path, embedder, request, monkeypatch
):
    fresh.add([papers])
    before = fresh.snapshot()
    found = [(hit.chunk, hit.score) for hit in before.search("空き家バンクの登録件数", 20)]
    facts = before.search_facts("空き家バンクの登録件数")
    near, frequencies = before.neighbours(["登録"], 0.1), before.frequencies()
    request.getfixturevalue("new_analyzer")
    other = Collection(fresh.folder, embedder, fresh._url)
    with pytest.raises(IndexMismatch, match=r"analyzer words-\w+, not words-new") as refusal:
        other.snapshot()
    assert "単語の切り方が違います" in refusal.value.message
    embedder.embedded = 0
    stages = []
    other.add([], lambda stage, done, total: stages.append((stage, done, total)))
    assert (embedder.embedded, stages[-1]) == (0, (module.LOOKING, 0, 0))
    assert (module.REWORDING, 3, 3) in stages
    after = other.snapshot()
    assert [(hit.chunk, hit.score) for hit in after.search("空き家バンクの登録件数", 20)] == found
    assert after.search_facts("空き家バンクの登録件数") == facts
    assert (after.neighbours(["登録"], 0.1), after.frequencies()) == (near, frequencies)
    assert other.verify() == []
    (tmp_path / "extra.txt").write_text("図書館は9時からです。", encoding="utf-8")
    assert [info.file for info in other.add([tmp_path / "extra.txt"]).added] == ["extra.txt"]
    assert other.verify() == []


@pytest.mark.parametrize("damage", ["flip", "cut"])
def test_a_damaged_database_is_refused_with_what_helps(collection, damage):
    collection.snapshot().view.database.close()
    path = collection.folder / "tenkyo.db"
    data = path.read_bytes()
    path.write_bytes(b"?" * 200 + data[200:] if damage == "flip" else data[: len(data) // 2])
    reader = Collection(collection.folder, HashingEmbedder())
    with pytest.raises(IndexDamaged, match="restore it from a backup"):
        reader.snapshot().problems()
    (problem,) = reader.verify()
    assert "壊れています" in problem


@pytest.mark.parametrize("name", ["vectors.faiss", "vectors.json"])
@pytest.mark.parametrize("damage", ["other", "cut", "delete"])
def test_what_is_kept_to_be_quick_is_made_again_when_it_is_damaged(collection, name, damage):
    found = [(hit.chunk, hit.score) for hit in collection.snapshot().search("乗合タクシーの利用料金", 9, "vector")]
    path = collection.folder / name
    data = path.read_bytes()
    if damage == "delete":
        path.unlink()
    else:
        path.write_bytes(b"0" * len(data) if damage == "other" else data[:-1])
    again = Collection(collection.folder, HashingEmbedder()).snapshot()
    assert [(hit.chunk, hit.score) for hit in again.search("乗合タクシーの利用料金", 9, "vector")] == found


def test_a_database_that_is_put_in_the_place_of_another_is_seen(collection, papers, tmp_path, embedder):
    collection.snapshot().search("人口")
    (tmp_path / "一.txt").write_text("図書館は9時からです。", encoding="utf-8")
    other = Collection(tmp_path / "other", embedder)
    other.add([tmp_path / "一.txt"])
    other.snapshot().view.database.close()
    collection.snapshot().view.database.close()
    os.replace(tmp_path / "other" / "tenkyo.db", collection.folder / "tenkyo.db")
    assert files(collection) == {"一.txt"}
    assert "9時" in collection.snapshot().search("図書館", 1)[0].chunk.text


def test_lost_and_damaged_originals_are_found_by_verify(collection, papers):
    snapshot = collection.snapshot()
    ids = {info.file: info.id for info in snapshot.documents()}
    snapshot.source_path(ids[JUNE]).write_bytes(b"x")
    snapshot.source_path(ids[TAXI]).unlink()
    problems = collection.verify()
    assert len(problems) == 2
    assert all("原本の控え" in problem for problem in problems)
