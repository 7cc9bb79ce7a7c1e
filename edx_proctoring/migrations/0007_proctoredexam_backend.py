from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("edx_proctoring", "0006_allowed_time_limit_mins"),
    ]

    operations = [
        migrations.AddField(
            model_name="proctoredexam",
            name="backend",
            field=models.CharField(default=None, max_length=255, null=True),
        ),
    ]
