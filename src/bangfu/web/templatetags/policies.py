"""What the library's templates need: words for kinds, entities and groups, titles in the page's
language, and expected values of cases."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from bangfu.policy.pack import Text
from bangfu.web import language
from bangfu.web.policies import lists

register = template.Library()


@register.simple_tag
def kind_word(label: str) -> str:
    """A label (a msgid) of a table of words."""
    return str(_(label))


@register.simple_tag
def entity_word(code: str) -> str:
    """An entity for people."""
    return lists.word(lists.ENTITIES, code)


@register.simple_tag
def nature_word(code: str) -> str:
    """The nature of a contradiction for people."""
    return lists.word(lists.NATURES, code)


@register.simple_tag
def group_word(code: str) -> str:
    """The kind of a group for people."""
    return lists.word(lists.GROUP_KINDS, code)


@register.simple_tag
def basis_word(code: str) -> str:
    """What a group rests on."""
    return lists.word(lists.BASES, code)


@register.simple_tag
def said(text: Text) -> str:
    """A text of a pack in the page's language."""
    return text.show(language.current())


@register.simple_tag
def expected(value: str) -> str:
    """What a case expects, in words."""
    words = {
        "true": _("符合"), "false": _("不符合"), "undecided": _("待定"), "not_in_force": _("未施行"),
    }  # fmt: skip
    return str(words.get(value, value))
