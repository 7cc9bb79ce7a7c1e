from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes for the course team's filters: without them, a page of 25 compares all attempts of the course.

    Additive: 6.1.4 works on the same tables. InnoDB builds them while the table stays writable.
    """

    dependencies = [
        ("edx_proctoring", "0037_incidents_and_measures"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="proctoredexamstudentattempt",
            index=models.Index(fields=["proctored_exam", "status", "created"], name="proctoring_att_status_idx"),
        ),
        migrations.AddIndex(
            model_name="proctoredexamstudentattempt",
            index=models.Index(fields=["proctored_exam", "modified"], name="proctoring_att_changed_idx"),
        ),
    ]
