"""Fixtures for Django admin, tested through its pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import models
from django.test import Client
from django.urls import clear_url_caches, include, path, reverse, set_urlconf

urlpatterns = [
    path("", include("test_urls")),
    path("admin/", admin.site.urls),
]


@pytest.fixture(autouse=True)
def _admin_urls(settings: Any) -> Any:
    """Mount the admin, which the test project does not."""
    settings.ROOT_URLCONF = __name__
    clear_url_caches()
    set_urlconf(None)
    yield
    clear_url_caches()


@pytest.fixture
def superuser(db: None) -> User:
    """A user with all permissions."""
    # Without a password, because hashing one takes longer than the test.
    return User.objects.create(username="root", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(superuser: User) -> Client:
    """A client signed in as ``superuser``."""
    client = Client()
    client.force_login(superuser)
    return client


class AdminPages:
    """The pages of one model."""

    def __init__(self, client: Client, model: type[models.Model]) -> None:
        self.client = client
        self.prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    def open_list(self, **query: Any) -> Any:
        """Get the list."""
        return self.client.get(reverse(f"{self.prefix}_changelist"), query)

    def rows(self, **query: Any) -> list[Any]:
        """Return the rows that the list shows."""
        response = self.open_list(**query)
        assert response.status_code == 200, response
        return list(response.context["cl"].result_list)

    def get(self, obj: models.Model) -> Any:
        """Get the page of one row."""
        return self.client.get(reverse(f"{self.prefix}_change", args=[obj.pk]))

    def form(self, obj: models.Model) -> dict[str, Any]:
        """Return the unchanged form data of the page of one row."""
        form = self.get(obj).context["adminform"].form
        values = {name: form[name].value() for name in form.fields}
        return {name: value for name, value in values.items() if value not in (None, False)}

    def post(self, obj: models.Model, **changes: Any) -> list[str]:
        """Change one row on its page; return the messages shown next."""
        data = self.form(obj)
        for name in [name for name in data if name.endswith("_date")]:
            value = data.pop(name)
            data[f"{name}_0"], data[f"{name}_1"] = value.date().isoformat(), value.time().isoformat()
        response = self.client.post(reverse(f"{self.prefix}_change", args=[obj.pk]), {**data, **changes})
        assert response.status_code == 302, response.context["adminform"].form.errors
        return self.messages(response)

    def add(self, **data: Any) -> Any:
        """Post the page for a new row."""
        return self.client.post(reverse(f"{self.prefix}_add"), data)

    def act(self, action: str, *objects: models.Model) -> list[str]:
        """Run an action of the list on some rows; return the messages shown next."""
        response = self.client.post(
            reverse(f"{self.prefix}_changelist"),
            {"action": action, "_selected_action": [str(obj.pk) for obj in objects]},
        )
        return self.messages(response)

    def messages(self, response: Any) -> list[str]:
        """Return the messages that a response leaves for the next page."""
        return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def pages(browser: Client) -> Callable[[type[models.Model]], AdminPages]:
    """The admin pages of a model, opened by ``superuser``."""
    return lambda model: AdminPages(browser, model)
