"""Frappe finds the app's Chinese, and installing the app changes no word of another one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import frappe
from frappe import _
from frappe.translate import get_all_translations, get_translations_from_apps

from perf_flow.engine import people
from perf_flow.engine.chain import EvidenceMissing
from perf_flow.engine.errors import Words
from perf_flow.flow import recorder, service

CSV = Path(frappe.get_app_path("perf_flow", "translations", "zh.csv"))


@pytest.fixture
def fresh_translations():
	"""The translations as they are in the files now, not as a cache remembers them."""
	frappe.translate.clear_cache()
	yield
	frappe.translate.clear_cache()


def own() -> list[list[str]]:
	with CSV.open(encoding="utf-8", newline="") as f:
		return list(csv.reader(f))


@pytest.mark.usefixtures("fresh_translations")
def test_frappe_finds_every_line() -> None:
	known = get_all_translations("zh")
	lost = [row for row in own() if known.get(":".join([row[0], *row[2:]])) != row[1]]
	assert own() and lost == []


def test_no_word_of_another_app_changes() -> None:
	"""A word without a context is the same everywhere: what other apps say of it stays."""
	others = [app for app in frappe.get_installed_apps() if app != "perf_flow"]
	before = get_translations_from_apps("zh", others)
	keys = {":".join([row[0], *row[2:]]): row[1] for row in own()}
	changed = {
		key: (before[key], text) for key, text in keys.items() if key in before and before[key] != text
	}
	assert changed == {}


@pytest.mark.usefixtures("fresh_translations")
def test_words_of_the_flow_are_told_from_the_same_words_elsewhere() -> None:
	assert _("Business Event", "zh") == "业务事件"
	assert _("Contract signed", "zh") == "客户合同签约"
	assert _("Redo", "zh", context="Effectiveness mark") == "需重做" != _("Redo", "zh")
	assert _("Open", "zh", context="Business Event") == "进行中"
	assert _("State", "zh", context="Business Event") == "状态" != _("State", "zh")


@pytest.mark.usefixtures("fresh_translations")
def test_reasons_are_kept_in_the_language_of_the_site() -> None:
	before = frappe.db.get_default("lang")
	frappe.db.set_default("lang", "zh")
	try:
		assert recorder.say(people.NO_LOGIN, "Lin Wei") == "Lin Wei 没有登录账号"
	finally:
		frappe.db.set_default("lang", before)


@pytest.mark.usefixtures("fresh_translations")
def test_refusals_are_said_in_the_language_of_the_reader() -> None:
	before, frappe.local.lang = frappe.local.lang, "zh"
	try:
		missing = Words(["Customer's signed confirmation", "Supplier's new date, in writing"])
		with pytest.raises(frappe.ValidationError) as refused:
			service.throw(EvidenceMissing(missing))
	finally:
		frappe.local.lang = before
	assert "客户签字确认, 供应商书面确认的新交期" in str(refused.value)
