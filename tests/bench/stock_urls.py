"""Django's stock admin with our models, registered without options."""

from django.contrib.admin import AdminSite
from django.urls import path

from stats.admin.navigation import ACCESS, LEDGER

site = AdminSite()
site.register([*LEDGER, *ACCESS])

urlpatterns = [path("admin/", site.urls)]
