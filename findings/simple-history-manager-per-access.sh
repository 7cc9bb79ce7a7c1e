#!/bin/sh
# Package: django-simple-history 3.13.0 (Django 5.2.19)
# Behaviour: the descriptor behind `Model.history` calls `HistoryManager.from_queryset(...)` on every access,
#   so each access makes a new class and inspects all methods of the queryset. Every save of a tracked model
#   accesses it once. One would expect the class to be made once, as for any manager of Django.
# Seen: two accesses give managers of two different classes; saving 5 rows makes 5 classes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check django==5.2.19 django-simple-history==3.13.0
cat > probe.py <<'PY'
import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "simple_history"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()
from django.core.management import call_command
from django.db import connection, models
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords


class Attempt(models.Model):
    status = models.CharField(max_length=20)
    history = HistoricalRecords(app="auth")

    class Meta:
        app_label = "auth"


call_command("migrate", verbosity=0)
with connection.schema_editor() as editor:
    editor.create_model(Attempt)
    editor.create_model(Attempt.history.model)

made = []
original = HistoryManager.from_queryset.__func__


def counted(cls, *args, **kwargs):
    made.append(cls)
    return original(cls, *args, **kwargs)


HistoryManager.from_queryset = classmethod(counted)
first, second = Attempt.history, Attempt.history
print("same class for two accesses:", type(first) is type(second))
made.clear()
for _ in range(5):
    Attempt.objects.create(status="created")
print("classes made by 5 saves:", len(made))
PY
env/bin/python probe.py | tee seen.txt
grep -q '^same class for two accesses: False$' seen.txt
grep -q '^classes made by 5 saves: 5$' seen.txt
