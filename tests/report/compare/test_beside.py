"""Figures drawn in a second process are those drawn here, whatever becomes of that process."""

import pytest

from kanalo.report.compare import beside
from kanalo.report.compare.html import to_html


@pytest.fixture
def drawn_beside(monkeypatch):
    """Use a second process for any number of results, on whatever machine."""
    monkeypatch.setattr(beside, "MANY", 1)
    monkeypatch.setattr(beside, "count_processors", lambda: 2)


def test_few_results_are_drawn_here(model, monkeypatch):
    monkeypatch.setattr(beside, "MANY", len(model["results"]) + 1)
    with beside.draw_beside(model) as views:
        assert views is None


def test_one_processor_draws_here(model, monkeypatch):
    monkeypatch.setattr(beside, "MANY", 1)
    monkeypatch.setattr(beside, "count_processors", lambda: 1)
    with beside.draw_beside(model) as views:
        assert views is None


@pytest.mark.slow
def test_the_page_is_the_same_to_the_byte(model, drawn_beside):
    with beside.draw_beside(model) as views:
        assert to_html(model, {}, views) == to_html(model)


@pytest.mark.slow
def test_an_ended_process_changes_nothing(model, drawn_beside, monkeypatch):
    opened = []

    def open_process():
        opened.append(beside_open())
        return opened[0]

    beside_open = beside.open_process
    monkeypatch.setattr(beside, "open_process", open_process)
    with beside.draw_beside(model) as views:
        opened[0].close()
        assert to_html(model, {}, views) == to_html(model)


@pytest.mark.slow
def test_whoever_stops_does_not_wait_for_the_drawing(model, drawn_beside):
    with pytest.raises(KeyboardInterrupt), beside.draw_beside(model):
        raise KeyboardInterrupt
