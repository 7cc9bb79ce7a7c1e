from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("edx_proctoring", "0023_historicalproctoredexam"),
    ]

    operations = [
        migrations.DeleteModel(
            name="ProctoredExamStudentAttemptHistory",
        ),
    ]
