"""Repeatable benchmarks over the public API and REST. Run: ``python -m bench --help``."""
