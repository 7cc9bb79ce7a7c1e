import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Deleting a reviewer's account no longer deletes the reviews that person made.

    State only: ``on_delete`` is the ORM's business, no database knows of it.
    """

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("edx_proctoring", "0027_review_inbox"),
    ]

    operations = [
        migrations.AlterField(
            model_name="proctoredexamsoftwaresecurereview",
            name="reviewed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="proctoredexamsoftwaresecurereviewhistory",
            name="reviewed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
