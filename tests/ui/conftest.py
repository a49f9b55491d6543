"""The pages drawn by Streamlit without a browser or a port, over an API that answers by value."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.fake_api import FakeApi


def whole_page(client):
    """The script that a person starts; Streamlit takes the source of it, so it imports what it needs."""
    from ui.app import main

    main(client)


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def app(api) -> AppTest:
    """The whole page; a test of one page alone has an ``app`` of its own."""
    return AppTest.from_function(whole_page, args=(api.client,), default_timeout=20)


def shown(app: AppTest) -> str:
    """Return all HTML of the page, after making sure that nothing broke."""
    assert list(app.exception) == []
    return "\n".join(element.value for element in app.html)


def ask(app: AppTest, question: str = "相談件数は何件ですか") -> str:
    """Ask, and return what is shown then."""
    app.chat_input[0].set_value(question).run()
    return shown(app)
