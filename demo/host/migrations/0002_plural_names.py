"""Names of tables that people read in the admin."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("demo_host", "0001_initial"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="crediteligibility",
            options={"verbose_name_plural": "credit eligibilities"},
        ),
        migrations.AlterModelOptions(
            name="creditrequirementstatus",
            options={"verbose_name_plural": "credit requirement statuses"},
        ),
    ]
