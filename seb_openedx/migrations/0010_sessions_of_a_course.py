from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("seb_openedx", "0009_audit_log_and_ban_policy"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="sebsession",
            index=models.Index(fields=["course_id", "created"], name="seb_openedx_session_course"),
        ),
    ]
