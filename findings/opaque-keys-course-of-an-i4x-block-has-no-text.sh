#!/bin/sh
# Package: edx-opaque-keys 4.0.0
# Behaviour: a block key of the old form (`i4x://`) has no run. Its `course_key` is a course key all the same, which can
#   be compared and hashed, but `str()` of it raises `TypeError` instead of giving a course id or refusing earlier. The key
#   has to be put into its course with `map_into_course` first.
# Seen: run None; TypeError: sequence item 2: expected str instance, NoneType found; afterwards edX/DemoX/2026.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check edx-opaque-keys==4.0.0
cat > probe.py <<'PY'
from opaque_keys.edx.keys import CourseKey, UsageKey

block = UsageKey.from_string("i4x://edX/DemoX/sequential/midterm")
print("run:", block.course_key.run)
try:
    print("text:", str(block.course_key))
except TypeError as error:
    print("TypeError:", error)
print("in its course:", block.map_into_course(CourseKey.from_string("edX/DemoX/2026")).course_key)
PY
env/bin/python probe.py | tee seen.txt
grep -qx 'run: None' seen.txt
grep -q '^TypeError: sequence item 2' seen.txt
grep -qx 'in its course: edX/DemoX/2026' seen.txt
