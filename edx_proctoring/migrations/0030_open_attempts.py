import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One open attempt per learner and exam, enforced by the database. A new table, nothing else.

    It starts empty: attempts that are there already are found by looking, as before.
    """

    dependencies = [
        ("edx_proctoring", "0029_lookup_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="OpenAttempt",
            fields=[
                (
                    "id",
                    models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("exam_id", models.IntegerField()),
                ("user_id", models.IntegerField()),
                (
                    "attempt",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="edx_proctoring.proctoredexamstudentattempt",
                    ),
                ),
            ],
            options={
                "db_table": "proctoring_openattempt",
                "verbose_name": "open attempt",
                "constraints": [
                    models.UniqueConstraint(fields=("exam_id", "user_id"), name="proctoring_one_open_attempt"),
                ],
            },
        ),
    ]
