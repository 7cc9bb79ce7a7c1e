import logging

from django.conf import settings
from django.db import migrations

log = logging.getLogger(__name__)


def name_the_provider(apps, schema_editor):
    """Write the default provider's name into exams that have none (timed ones as well)."""
    default = getattr(settings, "PROCTORING_BACKENDS", {}).get("DEFAULT")
    if not default:
        log.warning("no default provider is configured: exams without a provider keep none")
        return
    exams = apps.get_model("edx_proctoring", "ProctoredExam").objects.using(schema_editor.connection.alias)
    # One statement: the table may be large, and the value is the same for every row.
    updated = exams.filter(backend=None).update(backend=default)
    log.info("named the provider of exams: backend=%s exams=%s", default, updated)


class Migration(migrations.Migration):
    dependencies = [
        ("edx_proctoring", "0009_proctoredexamreviewpolicy_remove_rules"),
    ]

    operations = [
        migrations.RunPython(name_the_provider, reverse_code=migrations.RunPython.noop),
    ]
