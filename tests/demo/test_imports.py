"""The demo's modules and packages import each other in one direction only."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp
import pytest

PACKAGES = ("demo.host.models", "demo.host.views", "demo.host.management", "demo.services", "demo.settings")


@pytest.fixture(scope="module")
def graph():
    # Imports inside functions count too.
    return grimp.build_graph("demo", cache_dir=None)


def is_free_of_cycles(graph: grimp.ImportGraph) -> bool:
    # Without {module}: a squashed package imports itself.
    imports = {module: graph.find_modules_directly_imported_by(module) - {module} for module in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the modules
    return True


def test_modules_have_no_import_cycle(graph):
    assert is_free_of_cycles(graph)


def test_packages_have_no_import_cycle():
    graph = grimp.build_graph("demo", cache_dir=None)
    for package in PACKAGES:
        graph.squash_module(package)
    assert is_free_of_cycles(graph)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        pytest.param("demo.host.models", "demo.host.task_queue", id="tables-do-not-use-the-task-queue"),
        pytest.param("demo.host", "demo.services", id="the-host-does-not-use-the-services"),
        pytest.param("demo.host", "demo.settings", id="the-host-does-not-import-settings-modules"),
        pytest.param("demo.host", "demo.supervisor", id="the-host-does-not-use-the-supervisor"),
    ],
)
def test_lower_packages_do_not_import_upper_ones(graph, lower, upper):
    assert not graph.find_shortest_chains(importer=lower, imported=upper)


def test_the_task_queue_knows_no_task(graph):
    assert graph.find_modules_directly_imported_by("demo.host.task_queue") == {"demo.host.models"}
