"""Django's admin as it comes, with the models of ours, each in the plainest way."""

from django.contrib.admin import AdminSite
from django.urls import path

from stats.admin.navigation import ACCESS, LEDGER

site = AdminSite()
site.register([*LEDGER, *ACCESS])

urlpatterns = [path("admin/", site.urls)]
