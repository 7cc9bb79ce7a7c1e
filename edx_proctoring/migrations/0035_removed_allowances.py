import django.db.models.deletion
import django.utils.timezone
import model_utils.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """When a removed allowance had been given. Additive: 6.1.4 works beside the table and does not know it."""

    dependencies = [
        ("edx_proctoring", "0034_decisions_and_received_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="RemovedAllowance",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("given", models.DateTimeField()),
                (
                    "last_state",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="removal",
                        to="edx_proctoring.proctoredexamstudentallowancehistory",
                    ),
                ),
            ],
            options={"db_table": "proctoring_removedallowance", "verbose_name": "removed allowance"},
        ),
    ]
