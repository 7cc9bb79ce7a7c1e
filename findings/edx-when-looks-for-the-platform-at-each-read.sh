#!/bin/sh
# Packages: edx-when 4.1.0 (Django 5.2.19)
# Behaviour: outside of the platform each date that is read tries to import `openedx.features.course_experience` again.
#   Python remembers modules that it has found, not those that are missing, so the search of the path is repeated: a part
#   of the cost of a date in tests and benchmarks that no platform has.
# Seen: three reads of the same cached date look for the package `openedx` three times.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check django==5.2.19 edx-when==4.1.0 edx-django-utils==8.1.0
cat > probe.py <<'PY'
import sys
from datetime import datetime, timezone

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "edx_when"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    SECRET_KEY="probe",
)
django.setup()
from django.core.management import call_command
from edx_when import api
from opaque_keys.edx.keys import CourseKey, UsageKey

call_command("migrate", verbosity=0)
course = CourseKey.from_string("course-v1:Org+Name+Run")
block = UsageKey.from_string("block-v1:Org+Name+Run+type@sequential+block@exam")
api.set_dates_for_course(course, [(block, {"due": datetime(2030, 6, 1, tzinfo=timezone.utc)})])
api.get_date_for_block(course, block, "due")


class Counter:
    searches = 0

    def find_spec(self, name, path=None, target=None):
        Counter.searches += name == "openedx"
        return None


sys.meta_path.insert(0, Counter())
for _ in range(3):
    api.get_date_for_block(course, block, "due")
print("reads: 3, searches for openedx:", Counter.searches)
assert Counter.searches == 3
PY
env/bin/python probe.py | tee seen.txt
grep -q "reads: 3, searches for openedx: 3" seen.txt
