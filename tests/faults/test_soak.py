"""What the soak counts, and that it can fail."""

from __future__ import annotations

from tests.faults.server import Note, Report
from tests.faults.soak import Figure, Seen, figures_of

MEMORY = [(float(second), 50_000_000) for second in range(20)]


def figures(seen: Seen, notes: list[Note], memory: list[tuple[float, int]] = MEMORY) -> dict[str, Figure]:
    report = Report([], 0, 0, notes)
    return {figure.name: figure for figure in figures_of(seen, report, memory, len(memory))}


def missed(found: dict[str, Figure]) -> list[str]:
    return [name for name, figure in found.items() if not figure.holds]


def test_a_good_run_misses_nothing() -> None:
    seen = Seen(began=3)
    seen.outcomes.update({"good": 2, "cancelled": 1, "broke off after a piece": 1})
    seen.delivered[1] = 10.0
    seen.cancelled[2] = 20.0
    notes = [Note("request", 9.0, 1), Note("request", 19.0, 2), Note("gone", 20.01, 2)]
    assert missed(figures(seen, notes)) == []


def test_each_figure_can_be_missed() -> None:
    seen = Seen()
    seen.outcomes.update({"good": 100, "failed: Overloaded": 1})
    seen.delivered[1] = 10.0
    for number in range(2, 50):
        seen.cancelled[number] = 20.0
    seen.strange.append("KeyError()")
    notes = [
        Note("request", 9.0, 1),
        Note("request", 11.0, 1),
        *(Note("gone", 21.0, each) for each in range(2, 50)),
    ]
    memory = [(float(second), 50_000_000 + second * 1_000_000) for second in range(300)]
    assert missed(figures(seen, notes, memory)) == [
        "calls",
        "good, of those that can be retried",
        "sent again after a delivered piece",
        "errors that are none of the library's",
        "gone after a cancel, p99",
        "memory, growth",
        "memory, slope in 10 minutes",
    ]
