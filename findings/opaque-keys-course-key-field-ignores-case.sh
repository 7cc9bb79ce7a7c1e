#!/bin/sh
# Packages: edx-opaque-keys 4.0.0 (Django 5.2.19)
# Behaviour: on SQLite the column of a `CourseKeyField` has `COLLATE NOCASE`, although two course keys that differ in
#   case are unequal in Python. A row that is found can have a key that is not the one asked for.
# Seen: of the row of `course-v1:Org+Name+Run`, a filter by `course-v1:org+name+run` finds one, and the two keys differ.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check django==5.2.19 edx-opaque-keys==4.0.0
cat > probe.py <<'PY'
import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()
from django.db import connection, models
from opaque_keys.edx.django.models import CourseKeyField
from opaque_keys.edx.keys import CourseKey


class Rule(models.Model):
    course_id = CourseKeyField(max_length=255)

    class Meta:
        app_label = "probe"


with connection.schema_editor() as editor:
    editor.create_model(Rule)
    print(editor.column_sql(Rule, Rule._meta.get_field("course_id"))[0])
Rule.objects.create(course_id=CourseKey.from_string("course-v1:Org+Name+Run"))
asked = CourseKey.from_string("course-v1:org+name+run")
found = Rule.objects.filter(course_id=asked)
print("found", len(found))
for rule in found:
    print("equal in Python:", rule.course_id == asked)
PY
env/bin/python probe.py | tee seen.txt
grep -q 'COLLATE NOCASE' seen.txt
grep -q 'found 1' seen.txt
grep -q 'equal in Python: False' seen.txt
