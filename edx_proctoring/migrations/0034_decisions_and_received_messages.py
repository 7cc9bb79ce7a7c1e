import django.db.models.deletion
import django.utils.timezone
import model_utils.fields
from django.db import migrations, models


def _timestamped(*fields):
    return [
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
        *fields,
    ]


class Migration(migrations.Migration):
    """Decisions on reviews, retired learners, used nonces; the key of a signed message in the inbox.

    Additive: 6.1.4 works on the same tables, and does not know the inbox.
    """

    dependencies = [
        ("edx_proctoring", "0031_newest_attempts_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewDecision",
            fields=_timestamped(
                ("review_status", models.CharField(max_length=255)),
                ("comment", models.TextField(default="")),
                ("actor_id", models.IntegerField(null=True)),
                ("stands", models.BooleanField(default=True)),
                (
                    "review",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="edx_proctoring.proctoredexamsoftwaresecurereview",
                    ),
                ),
            ),
            options={
                "db_table": "proctoring_reviewdecision",
                "verbose_name": "decision on a review",
                "verbose_name_plural": "decisions on reviews",
            },
        ),
        migrations.CreateModel(
            name="RetiredLearner",
            fields=_timestamped(("user_id", models.IntegerField(unique=True))),
            options={"db_table": "proctoring_retiredlearner", "verbose_name": "retired learner"},
        ),
        migrations.CreateModel(
            name="UsedNonce",
            fields=_timestamped(("message_key", models.CharField(max_length=64, unique=True))),
            options={
                "db_table": "proctoring_usednonce",
                "verbose_name": "used nonce",
                "indexes": [models.Index(fields=["created"], name="proctoring_nonce_created_idx")],
            },
        ),
        migrations.AddField(
            model_name="reviewinboxentry",
            name="message_key",
            field=models.CharField(db_index=True, default="", max_length=64),
        ),
    ]
