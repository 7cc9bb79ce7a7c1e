from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes for the questions asked most often; each is explained at its model.

    Additive: 6.1.4 works on the same tables. InnoDB builds them while the table stays writable.
    """

    dependencies = [
        ("edx_proctoring", "0028_reviews_outlive_their_reviewer"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="historicalproctoredexamstudentattempt",
            index=models.Index(fields=["attempt_code", "modified"], name="proctoring_hist_code_mod_idx"),
        ),
        migrations.AddIndex(
            model_name="proctoredexamsoftwaresecurereview",
            index=models.Index(fields=["modified"], name="proctoring_rev_modified_idx"),
        ),
        migrations.AddIndex(
            model_name="proctoredexamstudentattempt",
            index=models.Index(fields=["proctored_exam", "user", "created"], name="proctoring_att_current_idx"),
        ),
        migrations.AddIndex(
            model_name="proctoredexamstudentattempt",
            index=models.Index(fields=["user", "status"], name="proctoring_att_running_idx"),
        ),
    ]
