import django.utils.timezone
import model_utils.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """What happened to a learner in an exam, and what staff put in force in one. Additive: 6.1.4 does not know them."""

    dependencies = [
        ("edx_proctoring", "0036_staff_jobs"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttemptIncident",
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
                ("kind", models.CharField(max_length=16)),
                ("exam_id", models.IntegerField()),
                ("user_id", models.IntegerField()),
                ("attempt_id", models.IntegerField(null=True)),
                ("attempt_code", models.CharField(default="", max_length=255)),
                ("source", models.CharField(max_length=16)),
                ("opened_at", models.DateTimeField()),
                ("opened_by", models.IntegerField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.IntegerField(null=True)),
                ("outcome", models.CharField(default="", max_length=32)),
                ("category", models.CharField(default="", max_length=32)),
                ("text", models.TextField(default="")),
                ("reply", models.TextField(default="")),
                ("details", models.TextField(default="{}")),
                ("open_slot", models.CharField(max_length=96, null=True, unique=True)),
            ],
            options={
                "verbose_name": "incident",
                "db_table": "proctoring_incident",
                "indexes": [
                    models.Index(fields=["attempt_id", "kind", "closed_at"], name="proctoring_inc_attempt_idx"),
                    models.Index(fields=["exam_id", "kind", "closed_at"], name="proctoring_inc_exam_idx"),
                    models.Index(fields=["user_id"], name="proctoring_inc_user_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExamMeasure",
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
                ("kind", models.CharField(max_length=16)),
                ("exam_id", models.IntegerField()),
                ("user_id", models.IntegerField(null=True)),
                ("text", models.TextField(default="")),
                ("reason", models.TextField(default="")),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                ("opened_by", models.IntegerField(null=True)),
                ("closed_by", models.IntegerField(null=True)),
                ("open_slot", models.CharField(max_length=96, null=True, unique=True)),
            ],
            options={
                "verbose_name": "measure of the course team",
                "verbose_name_plural": "measures of the course team",
                "db_table": "proctoring_exammeasure",
                "indexes": [
                    models.Index(fields=["exam_id", "kind", "ends_at"], name="proctoring_meas_exam_idx"),
                    models.Index(fields=["kind", "ends_at"], name="proctoring_meas_kind_idx"),
                ],
            },
        ),
    ]
