import django.utils.timezone
import model_utils.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Which providers were asked to delete the data of a learner. Additive: 6.1.4 does not know it."""

    dependencies = [
        ("edx_proctoring", "0038_staff_filter_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProviderRetirement",
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
                ("user_id", models.IntegerField()),
                ("backend", models.CharField(max_length=255)),
                ("is_done", models.BooleanField()),
            ],
            options={
                "verbose_name": "retirement at a provider",
                "db_table": "proctoring_providerretirement",
                "constraints": [
                    models.UniqueConstraint(fields=("user_id", "backend"), name="proctoring_providerretirement_once")
                ],
            },
        ),
    ]
