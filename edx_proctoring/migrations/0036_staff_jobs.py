import django.db.models.deletion
import django.utils.timezone
import model_utils.fields
from django.db import migrations, models

import edx_proctoring.models.staff_jobs


class Migration(migrations.Migration):
    """What staff ordered, with one row per learner. Additive: 6.1.4 works beside the tables and does not know them."""

    dependencies = [
        ("edx_proctoring", "0035_removed_allowances"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffJob",
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
                (
                    "code",
                    models.CharField(default=edx_proctoring.models.staff_jobs.new_code, max_length=32, unique=True),
                ),
                ("kind", models.CharField(max_length=32)),
                ("course_id", models.CharField(max_length=255)),
                ("exam_id", models.IntegerField(null=True)),
                ("created_by", models.IntegerField(null=True)),
                ("reason", models.CharField(default="", max_length=500)),
                ("parameters", models.TextField(default="{}")),
                ("state", models.CharField(default="queued", max_length=16)),
                ("total", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("skipped", models.IntegerField(default=0)),
                ("failed", models.IntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "job of the course team",
                "verbose_name_plural": "jobs of the course team",
                "db_table": "proctoring_staffjob",
                "indexes": [
                    models.Index(fields=["course_id", "created"], name="proctoring_job_course_idx"),
                    models.Index(fields=["state", "lease_until"], name="proctoring_job_lease_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffJobRow",
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
                ("position", models.IntegerField()),
                ("exam_id", models.IntegerField(null=True)),
                ("user_id", models.IntegerField(null=True)),
                ("attempt_id", models.IntegerField(null=True)),
                ("state", models.CharField(default="waiting", max_length=16)),
                ("error_code", models.CharField(default="", max_length=64)),
                ("message", models.CharField(default="", max_length=255)),
                ("result", models.TextField(default="{}")),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="edx_proctoring.staffjob"
                    ),
                ),
            ],
            options={
                "verbose_name": "row of a job",
                "verbose_name_plural": "rows of jobs",
                "db_table": "proctoring_staffjobrow",
                "indexes": [
                    models.Index(fields=["job", "state"], name="proctoring_jobrow_state_idx"),
                    models.Index(fields=["user_id", "exam_id"], name="proctoring_jobrow_learner_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "position"), name="proctoring_one_row_per_position")
                ],
            },
        ),
    ]
