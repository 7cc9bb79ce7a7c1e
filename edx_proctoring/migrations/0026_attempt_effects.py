import django.utils.timezone
import model_utils.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Consequences of status changes that still have to reach somebody. A new table, nothing else."""

    dependencies = [
        ("edx_proctoring", "0025_auto_20230727_2112"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttemptEffect",
            fields=[
                (
                    "id",
                    models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
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
                ("attempt_id", models.IntegerField(db_index=True)),
                ("attempt_code", models.CharField(max_length=255)),
                ("exam_id", models.IntegerField(db_index=True)),
                ("kind", models.CharField(max_length=16)),
                ("call_name", models.CharField(max_length=64)),
                ("arguments", models.TextField(default="{}")),
                ("from_status", models.CharField(max_length=64)),
                ("to_status", models.CharField(max_length=64)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField()),
                ("last_error", models.CharField(default="", max_length=255)),
                ("state", models.CharField(default="due", max_length=16)),
            ],
            options={
                "db_table": "proctoring_effect",
                "verbose_name": "effect of a status change",
                "verbose_name_plural": "effects of status changes",
                "indexes": [
                    models.Index(fields=["state", "next_try_at"], name="proctoring_effect_due_idx"),
                ],
            },
        ),
    ]
