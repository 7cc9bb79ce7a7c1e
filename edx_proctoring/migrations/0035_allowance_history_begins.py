from django.db import migrations, models


class Migration(migrations.Migration):
    """When an archived allowance was given: what was it at the moment at which an attempt broke off?

    Additive and empty for older rows: 6.1.4 works on the same table. Adding an empty column rewrites no row.
    """

    dependencies = [
        ("edx_proctoring", "0034_decisions_and_received_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="proctoredexamstudentallowancehistory",
            name="allowance_created",
            field=models.DateTimeField(null=True),
        ),
    ]
