"""How outside tests run this app: its own settings, four apps, requests without a session, mocks in places.

Run by ``test_standalone.py`` in a process of its own, because the settings differ from this suite's.
"""

from importlib import import_module
from unittest.mock import Mock, patch

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings
from opaque_keys.edx.keys import CourseKey
from rest_framework.test import APIClient

from seb_openedx import permissions, seb_keys_sources
from seb_openedx.forms import SebCourseConfigurationForm
from seb_openedx.middleware import SecureExamBrowserMiddleware
from seb_openedx.models import ForbiddenCourseAccess, SebCourseConfiguration
from seb_openedx.tests import test_utils
from seb_openedx.widgets import ListWidget

COURSE = CourseKey.from_string("library-v1:TestX+lib1")
SOURCES = ["from_global_settings", "from_other_course_settings", "from_site_configuration"]
# Of two published vectors; both headers use the same hash.
VECTOR = "a3a793a2715bdd3da1a7ef3ebe8acdd48c1468433d88cba346a437e961f601b1"


def view(course_key_string):
    return None


@override_settings(SEB_KEY_SOURCES=SOURCES, SERVICE_VARIANT="lms")
class MiddlewareTests(TestCase):
    def setUp(self):
        self.request = RequestFactory().get("/")
        self.request.user = User.objects.create(username="test")
        self.request.resolver_match = Mock()
        self.middleware = SecureExamBrowserMiddleware(get_response=lambda request: None)

    def process(self):
        return self.middleware.process_view(
            self.request, lambda course_key_string: None, [], {"course_key_string": "library-v1:TestX+lib1"}
        )

    @override_settings(SEB_PERMISSION_COMPONENTS=[])
    @patch("seb_openedx.middleware.render_to_response")
    def test_without_components_there_is_one_page_with_status_403(self, render):
        self.process()
        render.assert_called_once()
        (template, _context), options = render.call_args
        self.assertEqual(template, "seb-403.html")
        self.assertEqual(options, {"status": 403})

    @override_settings(SEB_PERMISSION_COMPONENTS=["AlwaysAllowStaff"])
    def test_a_superuser_passes(self):
        self.request.user = User.objects.create_superuser(username="root", email="root@example.com", password="x")
        self.assertIsNone(self.process())

    @override_settings(SEB_PERMISSION_COMPONENTS=["AlwaysGrantAccess"])
    def test_granted(self):
        self.assertIsNone(self.process())

    @override_settings(SEB_PERMISSION_COMPONENTS=["AlwaysDenyAccess"], SEB_USER_BANNING_ENABLED=True)
    @patch("seb_openedx.middleware.SecureExamBrowserMiddleware.generic_error_response")
    def test_the_second_refusal_is_no_new_ban(self, refuse):
        self.process()
        context = refuse.call_args[0][2]
        self.assertIs(context["banned"], True)
        self.assertIs(context["is_new_ban"], True)
        with override_settings(SEB_PERMISSION_COMPONENTS=["AlwaysGrantAccess"]):
            self.process()
        context = refuse.call_args[0][2]
        self.assertIs(context["banned"], True)
        self.assertIs(context["is_new_ban"], False)
        self.assertEqual(ForbiddenCourseAccess.objects.count(), 1)

    @override_settings(SEB_PERMISSION_COMPONENTS=["AlwaysDenyAccess"])
    @patch("seb_openedx.middleware.render_to_response")
    @patch("seb_openedx.middleware.SecureExamBrowserMiddleware.handle_masquerade")
    def test_the_context_of_a_replaced_masquerade_may_be_shared(self, masquerade, render):
        masquerade.return_value = (None, None, {"shared": True})
        self.process()
        self.process()
        self.assertEqual(render.call_count, 2)
        self.assertTrue(render.call_args[0][1]["shared"])

    @patch("seb_openedx.middleware.get_config_by_course", Mock(return_value={"WHITELIST_PATHS": ["about"]}))
    @override_settings(SEB_PERMISSION_COMPONENTS=["AlwaysDenyAccess"])
    def test_a_listed_url_name_is_open(self):
        self.request.resolver_match.url_name = "about_course"
        self.assertIsNone(self.process())

    @override_settings(SEB_PERMISSION_COMPONENTS=["AlwaysDenyAccess"])
    @patch("seb_openedx.middleware.is_user_banned", return_value=False)
    @patch("seb_openedx.middleware.ban_user", return_value=(False, False))
    @patch("seb_openedx.middleware.render_to_response")
    def test_the_replaced_functions_are_the_used_ones(self, render, ban, banned):
        self.process()
        ban.assert_called_once_with("test", COURSE, "test")
        banned.assert_called_once_with("test", COURSE)


class WidgetAndFormTests(SimpleTestCase):
    def test_widget(self):
        self.assertEqual(
            ListWidget().get_context("keys", "a,b", None), {"widget": {"name": "keys", "value": ["a", "b"]}}
        )
        self.assertEqual(ListWidget().get_context("keys", None, None), {"widget": {"name": "keys", "value": ""}})


class FormTests(TestCase):
    def test_a_form_with_only_a_course_is_valid(self):
        self.assertTrue(SebCourseConfigurationForm({"course_id": "course-v1:edX+DemoX+Demo_Course"}).is_valid())

    def test_lists_are_joined(self):
        form = SebCourseConfigurationForm({"course_id": "course-v1:a+b+c", "permission_components": "key1\r\nkey2"})
        self.assertTrue(form.is_valid(), form.errors)
        self.assertEqual(form.cleaned_data["permission_components"], "key1,key2")
        self.assertEqual(form.clean()["permission_components"], "key1,key2")


class PermissionTests(TestCase):
    """Components called with mocks and a text instead of a course key."""

    def request(self, **meta):
        request = Mock()
        request.META = meta
        request.build_absolute_uri.return_value = "https://domain.com/path"
        return request

    @override_settings(SAFE_EXAM_BROWSER={"some string": ["534b5a6a593e735e9d"]}, SEB_KEY_SOURCES=SOURCES)
    def test_published_vectors(self):
        for component, header in (
            (permissions.CheckSEBHashBrowserExamKey, "HTTP_X_SAFEEXAMBROWSER_REQUESTHASH"),
            (permissions.CheckSEBHashConfigKey, "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH"),
        ):
            self.assertTrue(component().check(self.request(**{header: VECTOR}), "some string"))
            self.assertFalse(component().check(self.request(**{header: "f" * 64}), "some string"))
            self.assertFalse(component().check(self.request(**{header: None}), "some string"))
            self.assertFalse(component().check(self.request(), "some string"))

    @override_settings(SEB_KEY_SOURCES=SOURCES)
    def test_the_setting_counts_where_the_modulestore_fails(self):
        with override_settings(SEB_PERMISSION_COMPONENTS=["AlwaysDenyAccess"]):
            self.assertEqual(permissions.get_enabled_permission_classes(COURSE), [permissions.AlwaysDenyAccess])


class SourceTests(TestCase):
    def test_the_model_is_asked_with_the_unchanged_argument(self):
        with patch("seb_openedx.models.SebCourseConfiguration.get_as_dict_by_course_id") as read:
            read.return_value = {"ENABLED": True}
            self.assertEqual(seb_keys_sources.from_django_model("plain"), {"ENABLED": True})
        read.assert_called_once_with("plain")

    def test_the_support_row(self):
        row = test_utils.get_seb_configuration_instance()
        config = SebCourseConfiguration.get_as_dict_by_course_id(row.course_id)
        self.assertEqual(
            config,
            {
                "PERMISSION_COMPONENTS": ["AlwaysAllowStaff", "CheckSEBHashBrowserExamKeyOrConfigKey"],
                "BROWSER_KEYS": ["browser_key1", "browser_key2"],
                "CONFIG_KEYS": ["config_key1", "config_key2"],
                "USER_BANNING_ENABLED": False,
                "BLACKLIST_CHAPTERS": [],
                "BLACKLIST_SEQUENCES": [],
                "BLACKLIST_VERTICALS": [],
                "WHITELIST_PATHS": [],
                "ALLOW_MFE_ACCESS": False,
                "ENABLED": False,
            },
        )

    @patch("seb_openedx.edxapp_wrapper.get_course_module.import_module")
    def test_one_import_of_the_course_module(self, import_module):
        import_module.return_value.get_course_module.return_value.other_course_settings = {"SAFE_EXAM_BROWSER": ["k1"]}
        self.assertEqual(seb_keys_sources.from_other_course_settings(COURSE), ["k1"])
        import_module.assert_called_with(settings.SEB_COURSE_MODULE)


class ApiTests(TestCase):
    URL = "/api/v1/course/course-v1:edX+DemoX+Demo_Course/configuration/"

    def setUp(self):
        self.client = APIClient()
        user = User(username="staff", is_staff=True)
        user.id = "text"
        self.client.force_authenticate(user=user)

    @patch("seb_openedx.api.v1.views.save_course_config")
    @patch("seb_openedx.api.v1.views.get_config_by_course", return_value={"BROWSER_KEYS": ["a"], "ENABLED": True})
    def test_patch_merges(self, get, save):
        answer = self.client.patch(self.URL, {"CONFIG_KEYS": ["c"]}, format="json")
        self.assertEqual(answer.status_code, 200)
        key = CourseKey.from_string("course-v1:edX+DemoX+Demo_Course")
        save.assert_called_once_with(
            key, {"BROWSER_KEYS": ["a"], "ENABLED": True, "CONFIG_KEYS": ["c"]}, user_id="text"
        )
        get.assert_called_once()

    @patch("seb_openedx.api.v1.views.save_course_config")
    @patch("seb_openedx.api.v1.views.get_config_by_course", return_value={})
    def test_delete_without_configuration(self, get, save):
        self.assertEqual(self.client.delete(self.URL).status_code, 204)
        get.assert_called_once()
        save.assert_called_once()

    @patch("seb_openedx.api.v1.views.save_course_config")
    @patch("seb_openedx.api.v1.views.get_config_by_course", return_value={})
    def test_an_empty_form_switches_banning_off(self, get, save):
        answer = self.client.put(self.URL, {})
        self.assertEqual(answer.json(), {"USER_BANNING_ENABLED": False})
        self.assertEqual(self.client.put(self.URL, {}, format="json").json(), {})

    def test_info(self):
        client = APIClient()
        self.assertEqual(client.get("/seb-info").status_code, 403)
        User.objects.create_superuser(username="root", email="root@example.com", password="x")
        client.login(username="root", password="x")
        answer = client.get("/seb-info")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["name"], "seb_openedx")
        self.assertGreaterEqual(tuple(map(int, answer.json()["version"].split("."))), (3, 2, 0))

    def test_anonymous_is_refused(self):
        self.assertEqual(APIClient().get(self.URL).status_code, 403)


class NamesTests(SimpleTestCase):
    def test_only_four_apps(self):
        self.assertEqual(
            [app.label for app in apps.get_app_configs()], ["auth", "contenttypes", "sessions", "seb_openedx"]
        )

    def test_every_published_backend_module_can_be_imported(self):
        for name in (
            "edxmako_module_h_v1",
            "edxmako_module_n_v1",
            "get_chapter_from_location_h_v1",
            "get_configuration_helpers_h_v1",
            "get_configuration_helpers_n_v1",
            "get_course_module_h_v1",
            "get_course_module_n_v1",
            "get_courseware_index_view_h_v1",
            "get_courseware_index_view_n_v1",
            "get_courseware_module_h_v1",
            "get_courseware_module_n_v1",
        ):
            import_module(f"seb_openedx.edxapp_wrapper.backends.{name}")

    def test_the_published_names_exist(self):
        for path in (
            "middleware:SecureExamBrowserMiddleware.process_view",
            "middleware:SecureExamBrowserMiddleware.is_whitelisted_view",
            "middleware:SecureExamBrowserMiddleware.is_blacklisted_chapter",
            "middleware:SecureExamBrowserMiddleware.handle_masquerade",
            "middleware:SecureExamBrowserMiddleware.handle_access_denied",
            "middleware:SecureExamBrowserMiddleware.generic_error_response",
            "middleware:get_config_by_course",
            "middleware:is_user_banned",
            "middleware:ban_user",
            "middleware:render_to_response",
            "user_banning:get_config_by_course",
            "user_banning:_get_back_end",
            "api.v1.views:get_config_by_course",
            "api.v1.views:save_course_config",
            "api.v1.serializers:SebConfigurationSerializer",
            "models:SebCourseConfiguration.get_as_dict_by_course_id",
            "models:ForbiddenCourseAccess",
            "models:get_default_array_value",
            "edxapp_wrapper.get_course_module:import_module",
            "permissions:Permission",
            "permissions:CheckSEBHash",
            "permissions:get_enabled_permission_classes",
            "permissions:AlwaysAllowStaff",
            "permissions:CheckSEBHashBrowserExamKeyOrConfigKey",
            "forms:SebCourseConfigurationForm.array_fields",
            "widgets:ListWidget",
            "constants:SEPARATOR_CHAR",
            "constants:SEB_ARRAY_FIELDS_MODEL",
            "constants:SEB_NOT_TABLES_FOUND",
            "apps:SebOpenEdxConfig",
            "settings.common:plugin_settings",
            "settings.production:plugin_settings",
            "settings.aws:plugin_settings",
            "settings.test:plugin_settings",
            "tests.test_utils:get_courseware_module",
            "views:info_view",
            "dashboard.views:TableView",
            "lazy_import_seb_courseware_index:LazyImportSebCoursewareIndex.get_or_create_class",
        ):
            module, _, name = path.partition(":")
            found = import_module(f"seb_openedx.{module}")
            for part in name.split("."):
                found = getattr(found, part)
