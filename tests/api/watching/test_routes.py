"""What the page is told of watched folders, and who is told of which."""

from starlette.testclient import TestClient

from answer.assistant import Assistant
from api.app import create_app
from api.settings import Settings
from api.watching.record import Failed, Folder, Record, Run, Seen, Taken
from index.collection import Collection
from tests.api.access.office import SECRET, open_office
from tests.conftest import HashingEmbedder
from ui.client import AskClient

SEEN = Seen(5, 1_700_000_000_000_000_000)


def folder_of(path, shelf="", **more):
    taken = {"計画.txt": Taken(SEEN, "0123456789abcdef")}
    failed = {"第1回/図.pdf": Failed(SEEN, "ファイルが壊れています。", 2)}
    return Folder(path, shelf, taken=taken, failed=failed, run=Run("2026-11-23T08:37:18+00:00", 2, 1, 0), **more)


def test_the_page_s_client_reads_what_whoever_watches_has_written(tmp_path):
    settings = Settings(index=tmp_path)
    app = create_app(Assistant(Collection(tmp_path, HashingEmbedder())), settings)
    with TestClient(app) as http:
        client = AskClient(http)
        assert client.watching() == []
        record = Record(tmp_path)
        record.write([folder_of("/srv/資料"), folder_of("/srv/前の", is_watched=False)])
        (folder,) = client.watching()
        assert (folder["folder"], folder["papers"], folder["is_watched"]) == ("/srv/資料", 1, False)
        assert folder["failed"] == [{"file": "第1回/図.pdf", "page": 2, "reason": "ファイルが壊れています。"}]
        assert (folder["last_run"], folder["added"], folder["refreshed"]) == ("2026-11-23T08:37:18+00:00", 2, 1)
        with record.watching():
            assert client.watching()[0]["is_watched"] is True


def test_a_name_that_is_no_text_does_not_keep_the_rest_from_being_told(tmp_path):
    app = create_app(Assistant(Collection(tmp_path, HashingEmbedder())), Settings(index=tmp_path))
    Record(tmp_path).write([folder_of("/srv/\udce9")])
    with TestClient(app) as client:
        assert client.get("/v1/watching").json()["folders"][0]["folder"] == "/srv/?"


def test_a_damaged_record_is_a_problem_in_words(tmp_path):
    app = create_app(Assistant(Collection(tmp_path, HashingEmbedder())), Settings(index=tmp_path))
    (tmp_path / "watching.json").write_text("{", encoding="utf-8")
    with TestClient(app) as client:
        response = client.get("/v1/watching")
    assert response.status_code == 503
    assert "watching.json" in response.json()["title"]


def test_a_group_hears_of_its_own_folders_alone_and_not_where_they_lie(tmp_path):
    office = open_office(tmp_path)
    with office.client:
        Record(tmp_path / "index").write(
            [
                folder_of("/srv/共有/福祉", office.groups["welfare"]),
                folder_of(f"/srv/共有/{SECRET}", office.groups["harbour"]),
                folder_of("/srv/共有/だれのものでもない"),
            ]
        )
        response = office.call("reader", "GET", "/v1/watching")
        assert [folder["folder"] for folder in response.json()["folders"]] == ["福祉"]
        assert SECRET not in response.text
        assert office.call("administrator", "GET", "/v1/watching").status_code == 403
        assert office.call(None, "GET", "/v1/watching").status_code == 401
