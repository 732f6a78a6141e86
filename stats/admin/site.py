from django.contrib.admin import AdminSite


class UsageAdminSite(AdminSite):
    pass
