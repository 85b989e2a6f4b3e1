"""Addresses and menu entries of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.inspection import checks, findings, orders, plans
from bangfu.web.nav import NavItem

urlpatterns = [
    path("", plans.index, name="plans"),
    path("export/", plans.export, name="plans_export"),
    path("new/", plans.new, name="new"),
    path("plans/<int:plan_id>/", plans.show, name="plan"),
    path("plans/<int:plan_id>/export/", plans.sample_export, name="sample_export"),
    path("plans/<int:plan_id>/pool/", plans.pool, name="pool"),
    path("plans/<int:plan_id>/team/", plans.engage, name="engage"),
    path("plans/<int:plan_id>/team/<int:grant_id>/", plans.dismiss, name="dismiss"),
    path("checks/", checks.mine, name="checks"),
    path("checks/export/", checks.export, name="checks_export"),
    path("checks/<int:check_id>/", checks.check, name="check"),
    path("checks/photo/<int:photo_id>/", checks.photo, name="photo"),
    path("findings/", findings.index, name="findings"),
    path("findings/export/", findings.export, name="export"),
    path("findings/<int:finding_id>/", findings.show, name="finding"),
    path("findings/<int:finding_id>/order/", orders.issue, name="issue"),
    path("orders/", orders.index, name="orders"),
    path("orders/export/", orders.export, name="orders_export"),
    path("orders/<int:order_id>/", orders.show, name="order"),
    path("orders/<int:order_id>/answer/", orders.answer, name="answer"),
    path("orders/<int:order_id>/judge/", orders.judge, name="judge"),
    path("responsible/<int:case_id>/", findings.responsible, name="responsible"),
]
NAV = (
    NavItem(mark("督查抽查"), "inspection:plans", "clipboard-check", "inspection.view"),
    NavItem(mark("我的核查"), "inspection:checks", "checklist", "inspection.record", tab=True),
    NavItem(mark("核查结果"), "inspection:findings", "list-details", "inspection.view"),
    NavItem(mark("整改通知"), "inspection:orders", "hourglass", "inspection.view"),
)
