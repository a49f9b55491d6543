"""A little of ``python -m tests.fuzz``: a few hundred requests that nobody has thought of."""

from tests.fuzz import CALLERS, fuzz, operations


def test_whatever_is_sent_is_answered_without_a_fault_and_without_anything_foreign(office):
    outcome = fuzz(office, 400, 3)
    assert outcome.faults == []
    assert outcome.total >= len(operations(office)) * len(CALLERS)
    assert office.door.audit.verify().faults == ()
