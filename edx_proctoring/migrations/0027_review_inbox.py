import django.utils.timezone
import model_utils.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Review callbacks as they came in. A new table, nothing else."""

    dependencies = [
        ("edx_proctoring", "0026_attempt_effects"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewInboxEntry",
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
                ("attempt_code", models.CharField(db_index=True, max_length=255)),
                ("external_id", models.CharField(db_index=True, max_length=255)),
                ("backend", models.CharField(max_length=255)),
                ("body", models.TextField()),
                ("outcome", models.CharField(default="received", max_length=255)),
                ("actor_id", models.IntegerField(null=True)),
            ],
            options={
                "db_table": "proctoring_reviewinbox",
                "verbose_name": "received review",
            },
        ),
    ]
