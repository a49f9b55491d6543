"""The office that the tests of access share; whoever changes it makes one of their own."""

import pytest

from tests.api.access.office import open_office


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    office = open_office(tmp_path_factory.mktemp("office"))
    with office.client:
        yield office
