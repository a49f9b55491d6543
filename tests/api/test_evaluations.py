"""The scorecards over HTTP, with the evaluation's own reader behind them."""

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from eval.history import Runs
from tests.api.test_app import problem
from tests.eval.test_history import save


@pytest.fixture
def client(assistant, settings, tmp_path):
    save(tmp_path / "runs", "first", "2024-01-01T00:00:00+00:00")
    save(tmp_path / "runs", "第2回", "2024-02-01T00:00:00+00:00")
    with TestClient(create_app(assistant, settings, Runs(tmp_path / "runs"))) as client:
        yield client


def test_scorecards_are_listed_newest_first(client):
    runs = client.get("/v1/evaluations").json()["runs"]
    assert [run["id"] for run in runs] == ["第2回", "first", "baseline"]
    assert runs[0]["sets"] == {"sample": {"accuracy": 0.5}}
    assert "sample" in runs[-1]["sets"]


def test_one_scorecard_comes_with_its_wrong_answers(client):
    body = client.get("/v1/evaluations/第2回").json()
    assert [record["id"] for record in body["wrong"]] == ["q2", "q3"]
    assert client.get("/v1/evaluations/baseline").json()["wrong"] == []


@pytest.mark.parametrize("id_", ["x", "%2e%2e", "..%2fruns%2ffirst", "%00", "%2fetc"])
def test_what_is_no_run_is_not_found(client, id_):
    response = client.get(f"/v1/evaluations/{id_}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_broken_run_is_no_error(client, tmp_path):
    (tmp_path / "runs" / "first" / "metrics.json").write_text("{")
    assert [run["id"] for run in client.get("/v1/evaluations").json()["runs"]] == ["第2回", "baseline"]
    problem(client.get("/v1/evaluations/first"), 404, "run-unknown")


def test_without_an_evaluation_the_list_is_empty(assistant, settings):
    client = TestClient(create_app(assistant, settings))
    assert client.get("/v1/evaluations").json() == {"runs": []}
    problem(client.get("/v1/evaluations/baseline"), 404, "run-unknown")
