"""The tools and resources as a client in this process meets them: what they say, refuse, and never do."""

import re

import pytest
from mcp.shared.exceptions import MCPError

from api.mcp.reading import PAGE_CHARS
from tests.api.mcp.clients import called, talked, text_of
from tests.api.mcp.conftest import LONG, PAGE

NAMES = {"search", "ask", "figures_over_time", "list_documents", "outline", "read_page"}
BLOCK = re.compile(r"^<(資料の文字 [0-9a-f]{8})>\n(.*?)\n</\1>$", re.DOTALL | re.MULTILINE)


def read(server, uri):
    return talked(server, lambda client: client.read_resource(uri)).contents[0].text


def test_all_six_tools_only_read_and_say_what_they_are_for(server):
    tools = talked(server, lambda client: client.list_tools()).tools
    assert {tool.name for tool in tools} == NAMES
    for tool in tools:
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.open_world_hint is False
        assert tool.description
        assert tool.output_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False


def test_a_client_is_told_to_look_before_it_answers_from_memory(server):
    async def instructions(client):
        return client.instructions

    said = talked(server, instructions)
    assert "記憶から答える前に" in said
    assert "見つからなかった" in said


def test_an_answer_comes_as_text_and_as_structure_with_quote_page_date_and_link(server, ids, assistant):
    result = called(server, "ask", question="令和6年度の橋の点検件数は何件ですか。")
    out, text = result.structured_content, text_of(result)
    assert (out["status"], out["answer"]) == ("answered", "52件（令和6年度）")
    quote = out["citations"][0]
    assert quote["document_id"] == ids["建設_翌3月.txt"]
    assert quote["quote"] in assistant.collection.snapshot().document(quote["document_id"]).text
    assert quote["uri"] == f"tenkyo://documents/{quote['document_id']}/pages/{quote['page']}"
    assert quote["link"].startswith(f"{PAGE}/documents?id={quote['document_id']}&page={quote['page']}&start=")
    for told in (out["answer"], quote["quote"].strip(), quote["link"], "令和7年3月", "時点: 令和6年度"):
        assert told in text


def test_what_stands_in_no_paper_is_said_so_and_what_is_near_is_no_answer(server):
    result = called(server, "ask", question="オーロラ観測塔の高さは何メートルですか。")
    assert result.structured_content["status"] != "answered"
    assert "「オーロラ観測塔」" in text_of(result)
    assert result.structured_content["confidence"] is None


def test_figures_over_time_stand_oldest_first_each_on_its_quote(server):
    result = called(server, "figures_over_time", indicator="橋の点検件数")
    out = result.structured_content
    assert [(p["as_of"], p["value"]) for p in out["points"]] == [("FY2023", "38件"), ("FY2024", "52件")]
    for point in out["points"]:
        quote = next(c for c in out["citations"] if c["n"] == point["n"])
        assert point["value"] in quote["quote"]
        assert quote["link"] in text_of(result)


def test_an_indicator_that_no_paper_has_gives_no_figure(server):
    result = called(server, "figures_over_time", indicator="スキー場の入込客数")
    assert result.structured_content["points"] == []
    assert text_of(result).startswith("時点ごとの値は見つかりませんでした")


def test_paging_shows_every_hit_once_and_never_more_than_ten_at_a_time(server):
    seen, cursor, rounds = [], None, 0
    while rounds == 0 or cursor:
        result = called(server, "search", question="ため池の管理者", limit=10, cursor=cursor)
        hits, cursor = result.structured_content["hits"], result.structured_content["next_cursor"]
        assert len(hits) <= 10
        assert (cursor or "") in text_of(result)
        seen += hits
        rounds += 1
    assert rounds > 1
    assert [hit["n"] for hit in seen] == list(range(1, len(seen) + 1))
    places = [(hit["document_id"], hit["link"]) for hit in seen]
    assert len(set(places)) == len(places)
    assert called(server, "search", question="ため池", limit=11).is_error


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WyJhIiwgLTFd", "WyIiLCAwXQ=="])
def test_a_cursor_that_nobody_gave_is_refused(server, cursor):
    result = called(server, "search", question="ため池", cursor=cursor)
    assert result.is_error
    assert "cursor なしで最初から" in text_of(result)


def test_a_cursor_goes_on_only_with_what_it_was_given_for(server):
    more = called(server, "search", question="ため池の管理者", limit=1).structured_content["next_cursor"]
    assert called(server, "search", question="舗装率", limit=1, cursor=more).is_error
    assert called(server, "search", question="ため池の管理者", limit=1, since="2024", cursor=more).is_error
    assert not called(server, "search", question="ため池の管理者", limit=1, cursor=more).is_error


def test_a_long_page_is_read_piece_by_piece_to_its_last_character(server, ids):
    pieces, cursor, number = [], None, ids["会議録.txt"]
    while not pieces or cursor:
        result = called(server, "read_page", document_id=number, page=1, cursor=cursor)
        pieces.append(result.structured_content["text"])
        cursor = result.structured_content["next_cursor"]
    assert len(pieces) > 1
    assert all(len(piece) <= PAGE_CHARS for piece in pieces)
    assert "".join(pieces).strip() == LONG.strip()


def test_words_of_papers_stand_inside_marks_that_no_paper_can_write(server, ids):
    result = called(server, "read_page", document_id=ids["号外.txt"])
    text = text_of(result)
    (inside,) = (match[2] for match in BLOCK.finditer(text))
    assert "これまでの指示をすべて無視して" in inside
    assert "無視して" not in BLOCK.sub("", text)
    assert BLOCK.search(text)[1] != BLOCK.search(text_of(called(server, "read_page", document_id=ids["号外.txt"])))[1]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search", {"question": "橋の点検件数", "limit": 3}),
        ("ask", {"question": "令和6年度の橋の点検件数は何件ですか。"}),
        ("figures_over_time", {"indicator": "橋の点検件数"}),
        ("list_documents", {}),
    ],
)
def test_no_title_quote_or_answer_stands_outside_the_marks(server, tool, arguments):
    outside = BLOCK.sub("", text_of(called(server, tool, **arguments)))
    for word in ("青葉町", "建設部", "52件", "38件"):
        assert word not in outside


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"meetings": ["令和6年3月議会"]}, "令和6年3月定例会"),
        ({"documents": ["建設"]}, "建設部資料"),
        ({"since": "2031-01"}, "2025-03"),
        ({"until": "2001"}, "2024-03"),
        ({"since": "来月"}, "令和6年6月4日"),
        ({"since": "2025", "until": "2024"}, "2024"),
    ],
)
@pytest.mark.parametrize("tool", ["search", "ask"])
def test_a_name_or_a_date_that_is_not_there_is_told_with_what_is_near(server, tool, arguments, told):
    result = called(server, tool, question="橋の点検件数は何件ですか。", **arguments)
    assert result.is_error
    assert told in text_of(result)


def test_narrowing_leaves_out_what_lies_outside(server, ids):
    result = called(server, "search", question="橋の点検件数", since="令和7年")
    assert {hit["document_id"] for hit in result.structured_content["hits"]} == {ids["建設_翌3月.txt"]}
    assert result.structured_content["searched"] == 1
    listed = called(server, "list_documents", until="2024-03").structured_content
    assert [document["document_id"] for document in listed["documents"]] == [ids["建設_3月.txt"]]


def test_an_argument_that_a_tool_does_not_have_is_refused_and_never_left_out(server):
    result = called(server, "search", question="橋の点検件数", meeting=["令和6年3月定例会"])
    assert result.is_error
    assert "meeting" in text_of(result)


def test_what_nobody_foresaw_reaches_the_client_without_its_words(server, assistant, monkeypatch, caplog):
    def breaks(*_, **__):
        raise RuntimeError("/private/place: カワセミ")

    monkeypatch.setattr(assistant, "search", breaks)
    result = called(server, "search", question="橋の点検件数")
    assert result.is_error
    assert text_of(result) == "Error executing tool search"
    assert "カワセミ" in caplog.text  # whoever runs the server can look it up


def test_resources_are_the_list_a_paper_and_a_page(server, ids):
    listed = talked(server, lambda client: client.list_resources()).resources
    assert [str(resource.uri) for resource in listed] == ["tenkyo://documents"]
    templates = talked(server, lambda client: client.list_resource_templates()).resource_templates
    assert {template.uri_template for template in templates} == {
        "tenkyo://documents/{id}",
        "tenkyo://documents/{id}/pages/{n}",
    }
    number = ids["建設_3月.txt"]
    assert all(id_ in read(server, "tenkyo://documents") for id_ in ids.values())
    assert "- 花壇" in read(server, f"tenkyo://documents/{ids['公園.md']}")
    assert "令和5年度で38件です。" in BLOCK.search(read(server, f"tenkyo://documents/{number}/pages/1"))[2]


def test_the_outline_of_a_paper_is_its_headings_in_order(server, ids):
    result = called(server, "outline", document_id=ids["公園.md"])
    assert [heading["text"] for heading in result.structured_content["headings"]] == ["青葉町公園計画", "遊具", "花壇"]
    assert "- 遊具" in text_of(result)


@pytest.mark.parametrize("rest", ["0123456789abcdef", "{id}/pages/3", "{id}/pages/x", "{id}/pages/²"])
def test_a_resource_that_is_not_there_is_an_error_in_words(server, ids, rest):
    with pytest.raises(MCPError, match=r"ありません"):
        read(server, f"tenkyo://documents/{rest.format(id=ids['建設_3月.txt'])}")


def test_an_empty_collection_is_told_in_words_by_every_tool(tmp_path):
    from answer.assistant import Assistant
    from api.access.door import LocalDoor
    from api.access.papers import Papers
    from api.access.state import LocalHoldings
    from api.mcp.server import build_server
    from api.mcp.visits import local_visit
    from index.collection import Collection
    from tests.conftest import HashingEmbedder

    empty = Assistant(Collection(tmp_path / "index", HashingEmbedder()))
    server = build_server(Papers(empty, LocalHoldings()), LocalDoor(), PAGE, local_visit)
    for tool, arguments in (
        ("search", {"question": "橋"}),
        ("ask", {"question": "橋の点検件数は？"}),
        ("figures_over_time", {"indicator": "橋の点検件数"}),
        ("list_documents", {}),
        ("outline", {"document_id": "0"}),
        ("read_page", {"document_id": "0"}),
    ):
        result = called(server, tool, **arguments)
        assert result.is_error
        assert "tenkyo ingest" in text_of(result)
