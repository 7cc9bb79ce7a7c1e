"""How the host loads this app."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps

from edx_proctoring.apps import EdxProctoringConfig, make_worker_config
from edx_proctoring.settings import common, production, test

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.contract("host-integration#plugin", "provider-configuration#start-up")
class TestLoading:
    def test_the_module_can_be_imported_before_django_is_set_up(self):
        code = "from edx_proctoring.apps import EdxProctoringConfig as c; assert c.plugin_app['url_config']"
        environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment)

    @pytest.mark.contract("host-integration#import-in-models")
    @pytest.mark.parametrize("module", ["edx_proctoring.api", "edx_proctoring.callbacks", "edx_proctoring.services"])
    def test_models_of_an_app_that_is_loaded_earlier_may_import_it(self, tmp_path, module):
        app = tmp_path / "early_app"
        app.mkdir()
        (app / "__init__.py").touch()
        (app / "models.py").write_text(f"import {module}\n")
        (tmp_path / "early_settings.py").write_text(
            'from test_settings import *\n\nINSTALLED_APPS = ["early_app", *INSTALLED_APPS]\n'
        )
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "early_settings",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        }
        code = f"import django, sys; django.setup(); assert '{module}' in sys.modules"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment)

    def test_the_plugin_configuration_names_urls_and_settings_of_both_services(self):
        settings_config = {
            "common": {"relative_path": "settings.common"},
            "production": {"relative_path": "settings.production"},
        }
        assert EdxProctoringConfig.plugin_app == {
            "url_config": {
                "lms.djangoapp": {"namespace": "edx_proctoring", "regex": "^api/", "relative_path": "urls"},
                "cms.djangoapp": {
                    "namespace": "edx_proctoring",
                    "regex": "^api/",
                    "relative_path": "instructor_dashboard_exam_urls",
                },
            },
            "settings_config": {"lms.djangoapp": settings_config, "cms.djangoapp": settings_config},
        }

    def test_the_app_has_its_published_names(self):
        config = apps.get_app_config("edx_proctoring")
        assert (config.name, config.label, config.verbose_name) == (
            "edx_proctoring",
            "edx_proctoring",
            "Edx_Proctoring",
        )
        assert config.default_auto_field == "django.db.models.AutoField"

    @pytest.mark.contract("provider-configuration#start-up")
    def test_without_env_root_ready_starts_and_writes_no_file(self, settings):
        del settings.ENV_ROOT
        config = EdxProctoringConfig("edx_proctoring", sys.modules["edx_proctoring"])
        config.ready()
        assert "null" in config.backends

    def test_before_ready_the_registry_is_empty(self):
        assert EdxProctoringConfig("edx_proctoring", sys.modules["edx_proctoring"]).backends == {}

    @pytest.mark.contract("browser-worker#build-file")
    def test_ready_writes_the_worker_configuration(self, settings, tmp_path, npm):
        npm("acme-worker", {"main": "index.js"})
        settings.ENV_ROOT = tmp_path
        settings.PROCTORING_BACKENDS = {"acme": {"class": f"{__name__}.WithWorker"}}
        EdxProctoringConfig("edx_proctoring", sys.modules["edx_proctoring"]).ready()
        assert "acme-worker" in json.loads((tmp_path / "workers.json").read_text())


class WithWorker:
    """A provider with a worker package."""

    npm_module = "acme-worker"


@pytest.mark.contract("host-integration#settings-functions")
class TestCommonSettings:
    def bundle(self, settings):
        return settings.PIPELINE["JAVASCRIPT"]["proctoring"]

    def test_the_common_settings_have_their_published_values(self):
        settings = SimpleNamespace(PIPELINE={"JAVASCRIPT": {}})
        common.plugin_settings(settings)
        assert settings.PROCTORING_SETTINGS == {}
        assert settings.PROCTORING_BACKENDS == {"DEFAULT": "null", "null": {}}
        bundle = self.bundle(settings)
        assert bundle["output_filename"] == "js/lms-proctoring.js"
        files = bundle["source_filenames"]
        assert files[0] == "proctoring/js/models/proctored_exam_allowance_model.js"
        assert files[9] == "proctoring/js/views/Backbone.ModalDialog.js"
        assert files[-4:] == [
            "proctoring/js/proctored_app.js",
            "proctoring/js/exam_action_handler.js",
            "proctoring/js/dropdown.js",
            "proctoring/js/desk_loader.js",
        ]
        assert len(files) == len(set(files)) == 22

    @pytest.mark.contract("staff-tab#bundle")
    def test_the_bundle_has_its_published_files_in_order(self):
        settings = SimpleNamespace(PIPELINE={})
        common.plugin_settings(settings)
        assert self.bundle(settings) == {
            "output_filename": "js/lms-proctoring.js",
            "source_filenames": [
                "proctoring/js/models/proctored_exam_allowance_model.js",
                "proctoring/js/models/proctored_exam_attempt_model.js",
                "proctoring/js/models/proctored_exam_bulk_allowance_model.js",
                "proctoring/js/models/proctored_exam_model.js",
                "proctoring/js/models/learner_onboarding_model.js",
                "proctoring/js/collections/proctored_exam_allowance_collection.js",
                "proctoring/js/collections/proctored_exam_attempt_grouped_collection.js",
                "proctoring/js/collections/proctored_exam_onboarding_collection.js",
                "proctoring/js/collections/proctored_exam_collection.js",
                "proctoring/js/views/Backbone.ModalDialog.js",
                "proctoring/js/views/proctored_exam_add_bulk_allowance_view.js",
                "proctoring/js/views/proctored_exam_allowance_view.js",
                "proctoring/js/views/proctored_exam_attempt_view.js",
                "proctoring/js/views/proctored_exam_edit_allowance_view.js",
                "proctoring/js/views/proctored_exam_onboarding_view.js",
                "proctoring/js/views/proctored_exam_view.js",
                "proctoring/js/views/proctored_exam_info.js",
                "proctoring/js/views/proctored_exam_instructor_launch.js",
                "proctoring/js/proctored_app.js",
                "proctoring/js/exam_action_handler.js",
                "proctoring/js/dropdown.js",
                # Ours, behind all that are published.
                "proctoring/js/desk_loader.js",
            ],
        }

    def test_every_file_of_the_bundle_exists(self):
        settings = SimpleNamespace(PIPELINE={})
        common.plugin_settings(settings)
        static = ROOT / "edx_proctoring" / "static"
        missing = [name for name in self.bundle(settings)["source_filenames"] if not (static / name).is_file()]
        assert missing == []

    def test_the_bundle_is_added_to_the_older_pipeline_setting(self):
        settings = SimpleNamespace(PIPELINE_JS={})
        common.plugin_settings(settings)
        assert "proctoring" in settings.PIPELINE_JS

    def test_a_host_without_a_pipeline_is_left_unchanged(self):
        settings = SimpleNamespace()
        common.plugin_settings(settings)
        assert not hasattr(settings, "PIPELINE")


@pytest.mark.contract("host-integration#settings-functions")
class TestProductionSettings:
    def settings(self, **tokens):
        settings = SimpleNamespace(PROCTORING_SETTINGS={"kept": 1}, PROCTORING_BACKENDS={"DEFAULT": "kept"}, **tokens)
        production.plugin_settings(settings)
        return settings.PROCTORING_SETTINGS, settings.PROCTORING_BACKENDS

    def test_without_tokens_the_defaults_are_kept(self):
        assert self.settings() == ({"kept": 1}, {"DEFAULT": "kept"})

    def test_with_empty_tokens_the_defaults_are_kept(self):
        empty = {"PROCTORING_SETTINGS": {}, "PROCTORING_BACKENDS": {}}
        assert self.settings(ENV_TOKENS=empty, AUTH_TOKENS=empty) == ({"kept": 1}, {"DEFAULT": "kept"})

    def test_environment_tokens_replace_the_defaults(self):
        tokens = {"PROCTORING_SETTINGS": {"a": 1}, "PROCTORING_BACKENDS": {"DEFAULT": "env"}}
        assert self.settings(ENV_TOKENS=tokens) == ({"a": 1}, {"DEFAULT": "env"})

    def test_auth_tokens_win_over_environment_tokens(self):
        env = {"PROCTORING_BACKENDS": {"DEFAULT": "env"}}
        auth = {"PROCTORING_BACKENDS": {"DEFAULT": "auth"}, "PROCTORING_SETTINGS": {"ignored": 1}}
        assert self.settings(ENV_TOKENS=env, AUTH_TOKENS=auth) == ({"kept": 1}, {"DEFAULT": "auth"})


@pytest.mark.contract("host-integration#settings-functions")
def test_the_test_settings_have_their_published_values():
    settings = SimpleNamespace()
    test.plugin_settings(settings)
    assert settings.PROCTORING_SETTINGS == {}
    assert settings.PROCTORING_BACKENDS == {"DEFAULT": "mock", "mock": {}, "mock_proctoring_without_rules": {}}


@pytest.fixture
def npm(settings, tmp_path):
    """Install an npm package: its name, and the content of its package.json (a text is written as it is)."""
    root = tmp_path / "node_modules"
    root.mkdir()
    settings.NODE_MODULES_ROOT = str(root)

    def install(name, description):
        (root / name).mkdir(parents=True)
        text = description if isinstance(description, str) else json.dumps(description)
        (root / name / "package.json").write_text(text)
        return root

    install.root = root
    return install


@pytest.mark.contract("browser-worker#build-file")
class TestWorkerConfiguration:
    def backend(self, name="success"):
        return SimpleNamespace(npm_module=name)

    @pytest.fixture
    def out(self, tmp_path):
        return tmp_path / "out" / "workers.json"

    @pytest.fixture(autouse=True)
    def folder(self, out):
        out.parent.mkdir()

    def test_a_worker_package_is_written_with_its_main_script(self, npm, out):
        npm("success", {"main": "foo/bar/baz.js"})
        assert make_worker_config([self.backend()], out=str(out)) is True
        assert json.loads(out.read_text()) == {
            "success": ["babel-polyfill", f"{npm.root}/success/foo/bar/baz.js"],
        }
        assert out.stat().st_mode & 0o777 == 0o664
        assert list(out.parent.iterdir()) == [out]

    @pytest.mark.parametrize("root", [None, ""])
    def test_without_a_node_modules_root_no_file_is_written(self, settings, out, root):
        settings.NODE_MODULES_ROOT = root
        assert make_worker_config([self.backend()], out=str(out)) is False
        assert not out.exists()

    def test_a_provider_without_a_worker_is_skipped_without_a_warning(self, npm, out):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert make_worker_config([object()], out=str(out)) is False

    @pytest.mark.parametrize("description", [{}, {"main": None}, {"main": 5}, [], "{not json"], ids=str)
    def test_a_package_without_a_main_script_is_skipped_with_a_warning(self, npm, out, description):
        npm("success", description)
        with pytest.warns(UserWarning, match="package"):
            assert make_worker_config([self.backend()], out=str(out)) is False
        assert not out.exists()

    def test_a_missing_package_is_skipped_with_a_warning(self, npm, out):
        with pytest.warns(UserWarning, match="not found"):
            assert make_worker_config([self.backend("absent")], out=str(out)) is False

    def test_a_missing_package_does_not_keep_another_from_being_written(self, npm, out):
        npm("success", {"main": "a.js"})
        with pytest.warns(UserWarning, match="not found"):
            assert make_worker_config([self.backend("absent"), self.backend()], out=str(out)) is True
        assert list(json.loads(out.read_text())) == ["success"]

    def test_if_the_folder_cannot_be_written_there_is_a_warning(self, npm, tmp_path):
        npm("success", {"main": "a.js"})
        with pytest.warns(UserWarning, match="not written"):
            assert make_worker_config([self.backend()], out=str(tmp_path / "no" / "such" / "workers.json")) is False

    def test_the_same_content_is_not_written_again(self, npm, out):
        npm("success", {"main": "a.js"})
        make_worker_config([self.backend()], out=str(out))
        before = out.stat().st_ino
        assert make_worker_config([self.backend()], out=str(out)) is True
        assert out.stat().st_ino == before

    def test_if_the_mode_cannot_be_set_the_file_is_written_with_a_warning(self, npm, out, monkeypatch):
        npm("success", {"main": "a.js"})

        def refuse(*args):
            raise PermissionError(1, "not yours")

        monkeypatch.setattr(os, "chmod", refuse)
        with pytest.warns(UserWarning, match="not yours"):
            assert make_worker_config([self.backend()], out=str(out)) is True
        assert out.exists()
