"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

from seb_openedx import protocol

MODULES = [module.name for module in pkgutil.iter_modules(protocol.__path__) if module.name != "__main__"]


@pytest.mark.parametrize("name", ["", *MODULES])
def test_examples(name):
    module = importlib.import_module(f"{protocol.__name__}.{name}".rstrip("."))
    failed, _attempted = doctest.testmod(module)
    assert failed == 0


def test_the_package_lists_its_modules():
    listed = [line.split()[0].strip("`") for line in protocol.__doc__.splitlines() if line.startswith("``")]
    assert sorted(listed) == sorted(MODULES)


def test_every_public_name_exists_once():
    assert len(set(protocol.__all__)) == len(protocol.__all__)
    for name in protocol.__all__:
        assert getattr(protocol, name) is not None
        # A function of a module's name would hide the module.
        assert name not in MODULES
