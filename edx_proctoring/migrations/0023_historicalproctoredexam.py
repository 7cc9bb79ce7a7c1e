import django.db.models.deletion
import django.utils.timezone
import model_utils.fields
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("edx_proctoring", "0022_proctoredexamstudentattempt_add_readytoresume_resumed"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalProctoredExam",
            fields=[
                (
                    "id",
                    models.IntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
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
                ("course_id", models.CharField(db_index=True, max_length=255)),
                ("content_id", models.CharField(db_index=True, max_length=255)),
                ("external_id", models.CharField(db_index=True, max_length=255, null=True)),
                ("exam_name", models.TextField()),
                ("time_limit_mins", models.IntegerField()),
                ("due_date", models.DateTimeField(null=True)),
                ("is_proctored", models.BooleanField(default=False)),
                ("is_practice_exam", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=False)),
                ("hide_after_due", models.BooleanField(default=False)),
                ("backend", models.CharField(default=None, max_length=255, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical proctored exam",
                "db_table": "proctoring_proctoredexamhistory",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": "history_date",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
