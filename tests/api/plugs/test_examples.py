"""The retrievers of docs/examples, with the libraries that they are for, over a real port."""

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.api.access.office import SECRET, open_office
from tests.api.servers import live

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"
CHILDREN = "保育所の待機児童数"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    office = open_office(tmp_path_factory.mktemp("office"))
    with office.client, live(office.client.app) as address:
        office.address = address
        yield office


def loaded(name, monkeypatch):
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)  # LangChain's classes look for their own module
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore")  # what other people's libraries warn of is not ours to mend
def test_langchain_finds_passages_with_their_places_by_the_rights_of_its_key(office, monkeypatch):
    retriever = loaded("langchain_retriever", monkeypatch).TenkyoRetriever
    made = office.call("reader", "POST", "/v1/keys", json={"name": "k", "permissions": ["read"]}).json()
    mine = retriever(url=office.address, key=made["secret"], k=3)
    found = mine.invoke(CHILDREN)
    first = office.call("reader", "POST", "/v1/search", json={"question": CHILDREN, "k": 3}).json()["passages"]
    assert [document.page_content for document in found] == [passage["quote"] for passage in first]
    place = found[0].metadata
    assert place["source"].endswith(f"?id={place['document_id']}&page=1&start={place['start']}&end={place['end']}")
    assert SECRET not in str(mine.invoke(SECRET))
    scope = {"until": "2023-12"}
    assert {
        d.metadata["file"] for d in retriever(url=office.address, key=made["secret"], scope=scope).invoke(CHILDREN)
    } == {"白鳥_福祉_12月.txt"}
    with pytest.raises(HTTPError, match="401"):
        retriever(url=office.address).invoke(CHILDREN)


@pytest.mark.filterwarnings("ignore")
def test_llama_index_finds_passages_with_their_places_by_the_rights_of_its_key(office, monkeypatch):
    if not find_spec("llama_index"):
        pytest.skip("llama-index-core is not installed: pip install -c constraints.txt '.[peers]'")
    retriever = loaded("llama_index_retriever", monkeypatch).TenkyoRetriever
    made = office.call("reader", "POST", "/v1/keys", json={"name": "k", "permissions": ["read"]}).json()
    mine = retriever(url=office.address, key=made["secret"], k=3)
    found = mine.retrieve(CHILDREN)
    first = office.call("reader", "POST", "/v1/search", json={"question": CHILDREN, "k": 3}).json()["passages"]
    assert [(node.text, node.score) for node in found] == [(p["quote"], p["score"]) for p in first]
    assert found[0].metadata["source"].startswith("http://127.0.0.1:8501/documents?id=")
    assert SECRET not in str(mine.retrieve(SECRET))
    with pytest.raises(HTTPError, match="401"):
        retriever(url=office.address).retrieve(CHILDREN)
