"""Row-level security: in PostgreSQL, a reader's transaction has no row of a paper that the reader does not see.

What is asked here is asked without any mask, as a query would that has forgotten its own.
"""

import numpy as np
import pytest
from sqlalchemy import event, func, insert, select, text

from index.database import schema
from index.database.engine import open_database
from index.database.holdings import content_of, originals, vocabulary
from index.database.postings import TABLES
from index.database.reading import Reader
from index.database.rights import bypassing
from index.database.visibility import EVERYTHING, NOTHING, of_versions
from index.database.writing import put, remove, sweep
from index.protocols import GenerationGone
from tests.index.database.papers import EMBEDDER, paper_of, report

# They hold no word and no figure of any paper: numbers of generations, and how the index was made.
WITHOUT_CONTENT = {"generations", "properties"}
MINE, THEIRS = (
    report(57) + "\n## 見守り\n見守り訪問は11件です。\n",
    report(98765) + "\n## 桟橋\n桟橋の補修費は7,890万円です。\n",
)


@pytest.fixture
def shared(postgres_place):
    """A PostgreSQL with a paper of one's own, one of others, and something in every other table."""
    database = open_database(postgres_place, create=True)
    for name, words in (("mine.md", MINE), ("theirs.md", THEIRS)):
        paper = paper_of(words, name)
        put(database, type(paper)(**{**vars(paper), "content": words.encode()}), EMBEDDER.name)
    with database.writing() as connection:
        number = connection.execute(
            insert(schema.jobs)
            .values(
                **{"id": "j", "state": "waiting", "about": "{}", "stage": "", "done": 0, "total": 1, "share": 0.0},
                **{"is_stopping": False, "attempts": 0},
            )
            .returning(schema.jobs.c.number)
        ).scalar_one()
        file = {"job": number, "ordinal": 0, "place": "x", "file": "x", "content": THEIRS.encode()}
        connection.execute(insert(schema.job_files).values(file))
        connection.execute(insert(schema.feedback).values(at=1.0, body=THEIRS))
        connection.execute(insert(schema.notes).values(name="follows", body=THEIRS))
    yield database
    database.close()


@pytest.fixture
def view(shared):
    """What the reader sees who sees one of both papers."""
    whole = Reader(shared).newest()
    return whole.only([whole.infos()[0].id])


def rows(connection, table):
    return {tuple(map(repr, row)) for row in connection.execute(select(table))}


def held(database, visible):
    """Return the rows of every table that a transaction sees."""
    with database.reading(visible) as connection:
        return {table.name: rows(connection, table) for table in schema.metadata.sorted_tables}


def test_every_table_has_its_policy_which_holds_for_its_owner_too(shared):
    """A new table has one as well, or stands above, with the reason why it needs none."""
    with shared.reading() as connection:
        found = connection.execute(
            text(
                "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS "
                "(SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd = '*') "
                "FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
            )
        ).all()
    protected = {name for name, is_protected in found if is_protected}
    assert protected == schema.metadata.tables.keys() - WITHOUT_CONTENT
    assert {name for name, _ in found} == schema.metadata.tables.keys() | {"alembic_version"}
    assert bypassing(shared) == []


def test_a_transaction_that_was_told_nothing_sees_nothing(shared):
    full = held(shared, EVERYTHING)
    assert all(full.values()), "something is in every table"
    seen = held(shared, NOTHING)
    assert {name for name, some in seen.items() if some} == WITHOUT_CONTENT


def test_a_readers_transaction_has_no_row_of_a_paper_of_others(shared, view):
    full, seen = held(shared, EVERYTHING), held(shared, view.contents.visible_rows)
    mine, theirs = Reader(shared).newest().contents.versions
    with shared.reading(EVERYTHING) as connection:
        for table in (*schema.OF_VERSION, *TABLES.values(), schema.documents):
            own = table.c.number if table is schema.documents else table.c.document
            wanted = {tuple(map(repr, row)) for row in connection.execute(select(table).where(own == mine.number))}
            assert seen[table.name] == wanted != full[table.name], table.name
    told = repr({name: some for name, some in seen.items() if name not in WITHOUT_CONTENT})
    for word in ("98765", "桟橋", "補修", "7,890", theirs.info.id):
        assert word not in told
        assert word in repr(full)
    assert {row[1] for row in seen["terms"]} == {repr(word) for word in _words(shared, mine.number)}
    assert len(seen["vocabulary"]) == len(vocabulary(view)[0])
    assert (len(seen["originals"]), len(full["originals"])) == (1, 2)
    assert {name for name, some in seen.items() if not some} == {"jobs", "job_files", "feedback", "notes"}


def _words(database, number):
    terms = schema.terms
    with database.reading(EVERYTHING) as connection:
        for_each = (
            select(terms.c.word).join(table, table.c.term == terms.c.number).where(table.c.document == number)
            for table in TABLES.values()
        )
        return {word for query in for_each for word in connection.scalars(query)}


def test_a_query_of_a_view_that_forgets_its_mask_finds_no_more_than_the_view_has(shared, view):
    whole = Reader(shared).newest()
    mine, theirs = whole.contents.versions
    with view.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.texts)) > 0
        hidden = select(schema.texts).where(schema.texts.c.document == theirs.number)
        assert connection.execute(hidden).all() == []
    (copy,) = originals(whole, [theirs.info.id])
    assert content_of(whole, copy.sha256) == THEIRS.encode()
    assert content_of(view, copy.sha256) is None
    for ask in (view.parts.texts, view.parts.outlines, view.parts.signatures):
        with pytest.raises(GenerationGone):
            ask([theirs.number])
    assert view.parts.texts([mine.number]) != {}


def test_what_is_named_is_looked_up_in_an_index_all_the_same(shared, view):
    """A policy keeps PostgreSQL from an index wherever what is looked up is computed in the same step."""
    plans = []

    def explained(connection, cursor, statement, parameters, context, many):
        if statement.startswith("WITH"):
            for way in ("seqscan", "hashjoin", "mergejoin"):  # that are quicker as long as tables are small
                cursor.connection.execute(f"SET LOCAL enable_{way} = off")
            plan = "\n".join(row[0] for row in cursor.connection.execute(f"EXPLAIN {statement}", parameters))
            plans.append(plan)

    event.listen(shared.engine, "before_cursor_execute", explained)
    for seen in (view, Reader(shared).newest()):
        plans.clear()
        found = seen.search(["空き家", "件数"], 5)
        seen.frequencies(["会議"])
        assert list(seen.chunks_at([key for key, _ in found]))
        assert seen.facts_at([key for key, _ in seen.search(["件数"], 5, "facts")])
        assert len(plans) > 6
        assert [plan for plan in plans if "Index Cond" not in plan or "Seq Scan on" in plan] == []


def test_the_connection_that_a_reader_had_shows_the_next_one_nothing(shared, view):
    for _ in range(20):  # more often than there are connections
        with view.reading() as connection:
            assert rows(connection, schema.documents)
        with shared.reading() as connection:
            assert rows(connection, schema.documents) == set()
    with pytest.raises(RuntimeError, match="in the middle"), view.reading():
        raise RuntimeError("in the middle")
    with shared.reading() as connection:
        assert rows(connection, schema.documents) == set()


def test_what_comes_and_goes_meanwhile_is_seen_by_whoever_may(shared, view):
    later = paper_of(report(12), "later.md")
    put(shared, later, EMBEDDER.name)
    assert len(rows_of(shared, view)) == 1
    newest = Reader(shared).newest()
    after = newest.only([view.infos()[0].id, later.document.id])
    assert len(rows_of(shared, after)) == 2
    assert after.document(later.document.id) == later.document
    remove(shared, later.document.id)
    assert len(rows_of(shared, after)) == 2, "as long as it is not cleared away"
    assert sweep(shared, 0) == 1
    assert len(rows_of(shared, after)) == 1


def rows_of(database, view):
    with database.reading(view.contents.visible_rows) as connection:
        return rows(connection, schema.documents)


@pytest.mark.parametrize("numbers", [[], [0], [1, 3], [7], [8], [63, 64, 1000]])
def test_a_bit_for_each_version_is_read_by_postgresql_as_it_was_meant(shared, numbers):
    told = {"told": of_versions(np.array(numbers, np.int64))}
    bit = "substring(CAST(:told AS varbit) FROM n + 1 FOR 1) > B'0'"
    with shared.reading() as connection:
        found = connection.scalars(text(f"SELECT n FROM generate_series(0, 1200) AS n WHERE {bit}"), told)
        assert found.all() == numbers


def test_a_role_for_which_it_does_not_hold_is_named(postgres_place):
    database = open_database(postgres_place.replace("tenkyo@", "postgres@"), create=True)
    (said,) = bypassing(database)
    assert "利用者 postgres は" in said
    database.close()
