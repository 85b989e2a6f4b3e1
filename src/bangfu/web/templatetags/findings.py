"""What the findings pages need: titles of rules, and the household list behind a count."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bangfu.findings.rules import RuleInfo
from bangfu.findings.totals import RuleCount, Tally
from bangfu.web import language
from bangfu.web.findings.lists import unit_text
from bangfu.web.templatetags.bangfu import num

register = template.Library()


@register.simple_tag
def rule_title(rule: RuleInfo) -> str:
    """A rule's title in the page's language."""
    return rule.title(language.current())


@register.simple_tag
def rule_unit(rule: RuleInfo) -> str:
    """'元 / 每年'."""
    return unit_text(rule.unit, rule.period)


@register.simple_tag
def households_href(region_code: str, **words: str) -> str:
    """The household list narrowed by findings: {% households_href code fails=rule.id as h %}."""
    return f"{reverse('households:list')}?{urlencode({'region': region_code, **words})}"


@register.simple_tag
def rule_href(name: str, rule: RuleInfo, region_code: str) -> str:
    """A rule's list in a region."""
    return f"{reverse(name)}?{urlencode({'rule': rule.id, 'region': region_code})}"


@register.simple_tag
def count_link(count: RuleCount, outcome: str, href: str) -> SafeString | str:
    """Households of an outcome, linked to their list; a plain zero."""
    n = count.of(outcome).households
    return format_html('<a href="{}">{}</a>', href, num(n)) if n else "0"


@register.simple_tag
def outcome(count: RuleCount | None, name: str) -> Tally:
    """The tally of one outcome."""
    return count.of(name) if count else Tally()
