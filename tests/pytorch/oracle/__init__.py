"""PyTorch's side of the comparisons in tests/pytorch; make_fixtures.py runs it."""
