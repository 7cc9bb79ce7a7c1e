#!/bin/sh
# Packages: edx-when 4.1.0, edx-django-utils 8.1.0 (Django 5.2.19)
# Behaviour: `set_date_for_block` with a user stores an extension and drops no cached date. `get_date_for_block` goes on
#   returning the learner's old date, also in the process that stored the new one, until the cached dates are refreshed
#   with `get_dates_for_course(use_cached=False)`.
# Seen: due 1 June; an extension to 8 June is stored; the date read is 1 June; after the fresh read it is 8 June.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check django==5.2.19 edx-when==4.1.0 edx-django-utils==8.1.0
cat > probe.py <<'PY'
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
from django.contrib.auth import get_user_model
from django.core.management import call_command
from edx_when import api
from opaque_keys.edx.keys import CourseKey, UsageKey

call_command("migrate", verbosity=0)
course = CourseKey.from_string("course-v1:Org+Name+Run")
block = UsageKey.from_string("block-v1:Org+Name+Run+type@sequential+block@exam")
learner = get_user_model().objects.create(username="learner")
june = [datetime(2030, 6, day, tzinfo=timezone.utc) for day in (1, 8)]
api.set_dates_for_course(course, [(block, {"due": june[0]})])


def due():
    return api.get_date_for_block(course, block, "due", user=learner).date()


print("before:", due())
api.set_date_for_block(course, block, "due", june[1], user=learner)
print("extended:", due())
api.get_dates_for_course(course, user=learner, use_cached=False)
print("read fresh:", due())
PY
env/bin/python probe.py | tee seen.txt
grep -q '^before: 2030-06-01' seen.txt
grep -q '^extended: 2030-06-01' seen.txt
grep -q '^read fresh: 2030-06-08' seen.txt
