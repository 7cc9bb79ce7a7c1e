"""Packaging of ``edx-proctoring``. Contract: contract/host-integration#entry-points.

The tools' own configuration (ruff, mypy, pytest, coverage) is in ``pyproject.toml``.
"""

import re
from pathlib import Path

from setuptools import find_namespace_packages, setup

HERE = Path(__file__).resolve().parent

URL = "https://github.com/openedx/edx-proctoring"
APP = "edx_proctoring = edx_proctoring.apps:EdxProctoringConfig"
SEB_APP = "seb_openedx = seb_openedx.apps:SebOpenEdxConfig"


def version() -> str:
    """Return the version in ``edx_proctoring/__init__.py``, without importing the package."""
    source = (HERE / "edx_proctoring" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = ["\']([^"\']+)["\']$', source, re.MULTILINE)
    if found is None:
        raise RuntimeError("edx_proctoring/__init__.py has no line of the form __version__ = 'x.y.z'")
    return found.group(1)


def requirements(name: str) -> list[str]:
    """Return the requirements in ``requirements/<name>.in``, without comments and ``-r`` and ``-c`` lines."""
    lines = (HERE / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    stripped = (line.partition("#")[0].strip() for line in lines)
    return [line for line in stripped if line and not line.startswith("-")]


def long_description() -> str:
    """Return README and change log, for PyPI, where paths of this repository lead nowhere: they become addresses."""
    names = ("README.rst", "CHANGELOG.rst")
    text = "\n\n".join((HERE / name).read_text(encoding="utf-8") for name in names if (HERE / name).exists())
    text = re.sub(r"^(\.\. image:: )(?=docs/)", rf"\1{URL}/raw/v{version()}/", text, flags=re.MULTILINE)
    return re.sub(r"<(?=(?:docs/|CHANGELOG\.rst|CONTRIBUTING\.rst))", f"<{URL}/blob/v{version()}/", text)


setup(
    name="edx-proctoring",
    version=version(),
    description="Special exams for Open edX: timed, practice, onboarding and proctored",
    long_description=long_description(),
    long_description_content_type="text/x-rst",
    author="edX",
    author_email="oscm@edx.org",
    url=URL,
    license="AGPL-3.0",
    license_files=["LICENSE.txt"],
    python_requires=">=3.11",
    # Namespace packages, because edx_proctoring/tests/test_utils has no __init__ (contract/test-support#modules).
    # Folders of data are not packages; package_data below includes them.
    packages=find_namespace_packages(
        include=["edx_proctoring", "edx_proctoring.*", "seb_openedx", "seb_openedx.*"],
        exclude=[
            "*.static",
            "*.static.*",
            "*.templates",
            "*.templates.*",
            "*.locale",
            "*.locale.*",
            "*.conf",  # edx_proctoring/conf/ holds locale/ only; edx_proctoring/conf.py is a module
            "*.conf.*",
            "*.__pycache__",
        ],
    ),
    # Explicit, so that an editable install is a plain path entry, which type checkers can follow.
    package_dir={"": "."},
    include_package_data=False,
    package_data={
        "": ["py.typed"],
        "edx_proctoring": [
            "conf/locale/**/*",
            "locale/**/*",
            # Listed one by one, because the browser code's specs do not belong into a host's static files.
            "static/index.js",
            "static/proctoring/*.png",
            "static/proctoring/css/**/*",
            "static/proctoring/js/**/*",
            "static/proctoring/templates/**/*",
            "templates/**/*",
        ],
        "edx_proctoring.constructor": ["static/**/*", "templates/**/*"],
        "seb_openedx": ["py.typed", "static/**/*", "templates/**/*"],
    },
    install_requires=requirements("base"),
    extras_require={
        # With PROCTORING_SETTINGS['ASYNC_PROVIDER_CALLS'], workers deliver effects.
        "celery": ["celery>=5.3"],
    },
    entry_points={
        "lms.djangoapp": [APP, SEB_APP],
        "cms.djangoapp": [APP],
        "openedx.proctoring": [
            "mock = edx_proctoring.backends.mock:MockProctoringBackendProvider",
            "null = edx_proctoring.backends.null:NullBackendProvider",
            "software_secure = edx_proctoring.backends.software_secure:SoftwareSecureBackendProvider",
            "constructor = edx_proctoring.backends.constructor:ConstructorProctoringProvider",
            "rpnow4 = edx_proctoring.backends.software_secure:SoftwareSecureBackendProvider",
        ],
    },
    zip_safe=False,
    keywords="Django edx proctoring timed exams",
    classifiers=[
        "Development Status :: 5 - Production/Stable",
        "Framework :: Django",
        "Framework :: Django :: 4.2",
        "Framework :: Django :: 5.2",
        "Intended Audience :: Developers",
        "Natural Language :: English",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
    ],
)
