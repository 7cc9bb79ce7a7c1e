from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("edx_proctoring", "0010_update_backend"),
    ]

    operations = [
        migrations.AlterUniqueTogether(
            name="proctoredexamstudentattempt",
            unique_together=set(),
        ),
    ]
