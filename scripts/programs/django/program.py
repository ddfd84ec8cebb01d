import os

import django
from django.core.management import call_command

os.environ["DJANGO_SETTINGS_MODULE"] = "site_of_mine.settings"
django.setup()
call_command("migrate", verbosity=0)
call_command("check")
