"""Addresses and menu entries of the subject."""

from django.urls import path
from django.utils.translation import gettext_noop as mark

from bangfu.web.nav import NavItem
from bangfu.web.procedures import (
    acts,
    bulk,
    lists,
    opening,
    planned,
    sampled,
    scored,
    views,
    watching,
)

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("batches/", lists.batches, name="batches"),
    path("batches/export/", lists.batches_export, name="batches_export"),
    path("batches/new/", acts.new_batch, name="new_batch"),
    path("batches/<int:procedure_batch_id>/", views.board, name="board"),
    path("batches/<int:procedure_batch_id>/enrol/", acts.enrol, name="enrol"),
    path("batches/<int:procedure_batch_id>/close/", acts.close, name="close"),
    path("batches/<int:procedure_batch_id>/draw/", sampled.draw, name="draw"),
    path("batches/<int:procedure_batch_id>/decide/", acts.decide, name="decide"),
    path("cases/", lists.cases, name="cases"),
    path("cases/decide/", bulk.decide, name="decide_alone"),
    path("cases/export/", lists.export, name="export"),
    path("scores/", scored.scores, name="scores"),
    path("scores/export/", scored.scores_export, name="scores_export"),
    path("new/", opening.new, name="open"),
    path("cases/<int:case_id>/", views.case, name="case"),
    path("cases/<int:case_id>/act/", acts.act, name="act"),
    path("notices/", lists.notices, name="notices"),
    path("notices/export/", lists.notices_export, name="notices_export"),
    path("calendar/", watching.calendar, name="calendar"),
    path("plan/", planned.plan, name="plan"),
    path("plan/export/", planned.plan_export, name="plan_export"),
    path("batches/<int:procedure_batch_id>/awards/", planned.awards, name="awards"),
    path(
        "batches/<int:procedure_batch_id>/awards/export/",
        planned.awards_export,
        name="awards_export",
    ),
    path("late/", watching.late, name="late"),
    path("late/export/", watching.late_export, name="late_export"),
    path("sampling/", sampled.sampling, name="sampling"),
    path("sampling/draw/", sampled.draw_alone, name="draw_alone"),
    path("lots/", sampled.lots, name="lots"),
    path("lots/export/", sampled.lots_export, name="lots_export"),
    path("lots/<int:lot_id>/", sampled.check, name="check"),
]
NAV = (
    NavItem(mark("流程待办"), "procedures:inbox", "inbox", "procedure.view", tab=True),
    NavItem(mark("流程批次"), "procedures:batches", "list-check", "procedure.view"),
    NavItem(mark("期限日历"), "procedures:calendar", "calendar", "procedure.view"),
    NavItem(mark("逾期督办"), "procedures:late", "alert-triangle", "procedure.view"),
    NavItem(mark("公示台"), "procedures:notices", "flag", "procedure.view"),
)
