"""New rows take their defaults from the settings. Changes the state of the models only, no table."""

from django.db import migrations, models

from seb_openedx import models as seb_models

DEFAULTS = {
    "permission_components": models.TextField(blank=True, default=seb_models.default_permission_components),
    "user_banning_enabled": models.BooleanField(default=seb_models.default_user_banning_enabled),
    "allow_mfe_access": models.BooleanField(default=seb_models.default_allow_mfe_access),
    "blacklist_chapters": models.TextField(blank=True, default=seb_models.default_blacklist_chapters),
    "blacklist_sequences": models.TextField(blank=True, default=seb_models.default_blacklist_sequences),
    "blacklist_verticals": models.TextField(blank=True, default=seb_models.default_blacklist_verticals),
    "whitelist_paths": models.TextField(blank=True, default=seb_models.default_whitelist_paths),
}


class Migration(migrations.Migration):
    dependencies = [("seb_openedx", "0003_sebcourseconfiguration_allow_mfe_access_and_more")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model_name="sebcourseconfiguration", name=name, field=field)
                for name, field in DEFAULTS.items()
            ]
        )
    ]
