"""Times of questions and of their steps."""

from eval.measures.latency import latencies, percentile


def test_percentiles_take_the_median_and_the_lower_neighbour():
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.5
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0
    assert percentile([], 0.5) is None


def test_each_step_has_its_own_percentiles():
    steps = [{"retrieve": 10.0, "read": 1.0}, {"retrieve": 30.0, "read": 3.0}, {}]
    found = latencies([20.0, 40.0, 60.0], steps)
    assert (found["p50_ms"], found["p95_ms"]) == (40.0, 40.0)
    assert (found["retrieve_p50_ms"], found["retrieve_p95_ms"], found["read_p50_ms"]) == (20.0, 10.0, 2.0)
    assert found["check_p50_ms"] is None
