"""The pictures of a run's confidence that stand alone: drawn from its records, over all sets together."""

import json
from xml.etree import ElementTree

import pytest

from eval.history import save_run
from eval.reports.pictures import main
from tests.eval.reports.runs import CONFIG, metrics, record

SVG = "{http://www.w3.org/2000/svg}"


def answered(id_, confidence, right, **more):
    return record(id_, verdict={"confidence": confidence, "right": right}, **more)


@pytest.fixture
def run(tmp_path):
    """Three answers at .9, two of them right, one of another set; and one question that was not answered."""
    records = [
        answered("h1", 0.9, True),
        answered("h2", 0.9, True),
        answered("k1", 0.9, False, set="kawa"),
        record("h3", verdict={"answered": False, "confidence": 0.2}),
    ]
    save_run(tmp_path, CONFIG, metrics(), records)
    return tmp_path


def drawn(path):
    return ElementTree.fromstring(path.read_text("utf-8"))


def test_the_answers_of_all_sets_are_drawn_together(run, tmp_path, capsys):
    assert main([str(run), "--to", str(tmp_path / "docs")]) == 0
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "docs" / name) for name in ("reliability.svg", "risk-coverage.svg")
    ]
    picture = drawn(tmp_path / "docs" / "reliability.svg")
    assert picture.tag == f"{SVG}svg"
    [point] = picture.findall(f"{SVG}circle")
    # x: 60 + 340 × confidence, y: 250 − 230 × share
    assert (float(point.get("cx")), float(point.get("cy"))) == (366.0, pytest.approx(250 - 230 * 2 / 3, abs=0.1))
    curve = drawn(tmp_path / "docs" / "risk-coverage.svg")
    assert "全部で 66.7%" in "".join(curve.itertext())


def test_some_sets_can_be_drawn_alone(run, tmp_path):
    assert main([str(run), "--to", str(tmp_path), "--sets", "hoshi"]) == 0
    assert "全部で 100.0%" in "".join(drawn(tmp_path / "risk-coverage.svg").itertext())


def test_a_run_without_answers_has_no_picture(tmp_path, capsys):
    (tmp_path / "outputs.jsonl").write_text(json.dumps(record(verdict={"answered": False})), encoding="utf-8")
    assert main([str(tmp_path), "--to", str(tmp_path)]) == 2
    assert "答えの記録がありません" in capsys.readouterr().err
    assert not (tmp_path / "reliability.svg").exists()
