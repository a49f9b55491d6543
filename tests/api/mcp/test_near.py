"""What a name that is not there may have been meant for."""

import pytest

from api.mcp.near import check_document
from api.mcp.refused import Refused
from index.documents import DocumentInfo

PAPER = DocumentInfo("92d954251ef3febd", "福祉_6月.txt", "福祉部資料", None, None, None, "text", "none", 0, 0, 0, "")


def told(asked):
    with pytest.raises(Refused) as refused:
        check_document([PAPER], asked)
    return str(refused.value)


def test_an_id_is_meant_for_another_only_by_a_slip_of_the_pen():
    """Else how the ids of hidden papers happen to look would change what is said of them."""
    assert "福祉部資料" in told("92d954251ef3fedb")
    assert "福祉部資料" not in told("92d95425aaaaaaaa")


def test_a_title_in_place_of_an_id_names_its_paper():
    assert "92d954251ef3febd" in told("福祉部の資料")
