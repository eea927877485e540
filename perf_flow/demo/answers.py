"""How people answer what they are asked: evidence, marks, confirmations, by the functions the desk calls.

Each recorded event gets a course: who is quick, who is late, who forgets. People act under their own
login, and only on what the panel offers them; if a step was handed to somebody else meanwhile, that
person does it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import frappe

from perf_flow.api import panel, steps
from perf_flow.demo import papers
from perf_flow.demo.documents import hash_of
from perf_flow.demo.people import acting_user, name_of
from perf_flow.flow import files, store

At = Callable[..., None]


class Course(str, Enum):
	"""How a business event goes."""

	PROMPT = "closed in time"
	REDONE = "closed in time after a second round"
	LATE_EVIDENCE = "the evidence comes late"
	LATE_MARK = "the mark comes late"
	LATE_CONFIRMATION = "the confirmation comes late"
	LATE_REDO = "a second round, and late"
	FORGOTTEN = "nobody gives evidence"
	UNTOUCHED = "nobody has done anything yet"
	EVIDENCE_ONLY = "the evidence is there, the rest waits"
	SENT_BACK = "sent back for a second round, which waits"
	UNCONFIRMED = "all is there but the confirmation"


LATE = (
	Course.LATE_EVIDENCE,
	Course.LATE_MARK,
	Course.LATE_CONFIRMATION,
	Course.LATE_EVIDENCE,
	Course.LATE_MARK,
	Course.LATE_REDO,
	Course.LATE_CONFIRMATION,
	Course.LATE_EVIDENCE,
	Course.FORGOTTEN,
)
DAY_BEGINS, DAY_ENDS = 8.5, 18.5

GOOD_REASONS = (
	"Complete, and the customer's own words are in it.",
	"All values documented, nothing left to ask.",
	"Handed in the same day, with the signature.",
	"Clear cause and a measure that lasts.",
)
WEAK_REASONS = (
	"The date of the signature is missing; please add it next time.",
	"The cause is named, the measure is not: who does what by when?",
	"The photo shows the part but not the label of the lot.",
	"Only the result is there; two sentences on how it came about would help others.",
)
REDO_REASONS = (
	"The document shows the quotation, not the signed order. Please hand in the signed one.",
	"The measured values belong to another lot. Please measure again and replace the report.",
	"The text repeats the complaint. What was the cause, and what prevents it?",
)
NOTES = {
	"Quality": "Inspection plan adapted, first lot will be checked in full.",
	"Delivery": "Slot on the truck booked, packing instructions sent.",
	"Supply Chain": "Supplier informed, safety stock covers two weeks.",
	"Production": "Series may start, setup sheet updated.",
	"Finance": "Terms checked, credit limit is sufficient.",
	"Service": "Spare part is ordered for the next visit.",
	"Academic affairs": "Entered in the training record.",
	"Human resources": "Filed, mentor informed.",
}
IMPACTS = {
	"Quality": ["Quality"],
	"Delivery": ["Delivery"],
	"Supply Chain": ["Supply Chain"],
	"Production": ["Delivery", "Quality"],
	"Finance": ["None"],
}
TEXTS = {
	"Success story in two sentences": "The customer stops leaking valves on line 2. We won by delivering a test unit within a week.",
	"Root cause and agreement with the supplier": "Porosity in the casting from a cold mould; the supplier replaces the lot by Friday and sends an 8D report.",
	"Cause of the delay and what is done about it": "Foundry furnace was down for two days; partial delivery by air freight bridges the gap.",
	"What holds the approval up, and the decision": "The second quotation was missing; it came today and the request is approved.",
	"Root cause and what prevents it": "Seal was mounted dry; the assembly sheet now has a photo of the greased seal.",
	"Root cause of the return": "Wrong thread on the flange: drawing revision B was used instead of C.",
	"What was agreed with the customer, and by when": "Payment in two parts, the first by the end of next week, confirmed by their finance manager.",
	"Why the customer chose us": "Fastest delivery and a service contract in one offer; the price was the second lowest.",
	"Lessons learned in three sentences": "Start the permit early. Freeze the layout before ordering. One weekly call with the customer saved three visits.",
	"What was changed since the trial run": "Feed rate lowered by ten percent, new insert grade.",
	"Root cause of the failure": "Cable of the temperature sensor chafed through at the carrier; no strain relief.",
	"What you will do differently in class": "I will measure at the machine first and correct the drawing afterwards.",
	"What was done": "Called back within the hour, sent the corrected certificate.",
	"Cause of the process loss": "Two castings cracked at the flange while clamping.",
	"What others can do the same way": "Agree on one contact person on each side before the first delivery.",
}
CHINESE_TEXTS = {
	"Success story in two sentences": "客户产线的漏油问题已彻底解决；我们一周内提供样机，赢得了订单。",
	"Why the customer chose us": "交期最短，并且把服务合同放进同一份报价，价格只是第二位的原因。",
	"What was agreed with the customer, and by when": "分两期付款，首期在下周末之前，对方财务经理已书面确认。",
	"Lessons learned in three sentences": "许可申请要尽早启动。下单之前先冻结布置图。每周与客户通一次电话，省去了三次现场往返。",
	"Root cause of the return": "法兰螺纹加工错误：使用了B版图纸而不是C版。",
}
DEFAULT_TEXT = "Done as agreed; details are in the attached document and on the order."
CHINESE_DEFAULT = "已按约定完成，细节见附件和订单备注，后续由本人跟进。"
LINK = "https://wiki.demo.example/results/{0}"


class Answers:
	"""The people of the demo, answering. ``at`` schedules an act at a local time; ``share`` says how much
	of a week's events is closed in time (0–1)."""

	def __init__(
		self, at: At, share: Callable[[datetime], float], draw: random.Random, present: datetime
	) -> None:
		self._at = at
		self._share = share
		self._draw = draw
		self._present = present
		self._known: set[str] = set(frappe.get_all(store.EVENT, pluck="name", limit=0))
		self._credit: dict[Any, float] = {}
		self._late = 0
		self._prompt = 0
		self._now = present

	def notice(self, now: datetime, course: Course | None = None) -> list[str]:
		"""Look for events recorded since last time, and decide how each goes. Returns their names."""
		rows = frappe.db.sql(
			"""select name, event_type, recorded_at, target_at, employee_user from `tabBusiness Event`
			where state = 'Open' order by recorded_at, event_type, reference_name""",
			as_dict=True,
		)
		new = [r for r in rows if r.name not in self._known]
		for row in new:
			self._known.add(row.name)
			if course in LATE:
				# told to be late: others of that week make up for it
				self._gather(row)
			self._plan(row, now, course or self._course(row))
		return [r.name for r in new]

	def take_up(self, event: str, now: datetime) -> None:
		"""Answer an event for which somebody has just been named."""
		row = frappe.db.get_value(store.EVENT, event, ["name", "recorded_at", "target_at"], as_dict=True)
		self._plan(row, now, Course.LATE_EVIDENCE)

	def _course(self, row: Any) -> Course:
		"""In time as often as the week's share says, by counting rather than by dice."""
		credit = self._gather(row)
		if not row.employee_user:
			return Course.UNTOUCHED
		if credit >= 1:
			self._credit[_week(row)] -= 1
			self._prompt += 1
			return Course.REDONE if self._prompt % 9 == 0 else Course.PROMPT
		self._late += 1
		return LATE[self._late % len(LATE)]

	def _gather(self, row: Any) -> float:
		week = _week(row)
		self._credit[week] = self._credit.get(week, 0.5) + self._share(row.recorded_at)
		return self._credit[week]

	# --- when --------------------------------------------------------------------------------------------

	def _later(self, start: datetime, least: float, most: float) -> datetime:
		"""Some hours later, moved into working time."""
		when = start + timedelta(hours=self._draw.uniform(least, most))
		hour = when.hour + when.minute / 60
		if hour >= DAY_ENDS:
			when = (when + timedelta(days=1)).replace(hour=8, minute=30 + self._draw.randrange(30))
		elif hour < DAY_BEGINS:
			when = when.replace(hour=8, minute=30 + self._draw.randrange(30))
		while when.weekday() >= 5:
			when += timedelta(days=1)
		return max(when, start + timedelta(minutes=10))

	def _plan(self, row: Any, now: datetime, course: Course) -> None:
		at, event = self._at, row.name
		begin, target = max(now, row.recorded_at), row.target_at
		if course in (Course.PROMPT, Course.REDONE):
			self._plan_in_time(event, begin, target, course)
		elif course is Course.LATE_EVIDENCE:
			self._confirm_all(event, self._later(begin, 2, 20))
			given = self._later(target, 2, 26)
			at(given, self.give, event)
			at(self._later(given, 1, 20), self.mark, event, self._mark())
		elif course is Course.LATE_MARK:
			given = self._later(begin, 1, 8)
			self._confirm_all(event, self._later(begin, 2, 20))
			at(given, self.give, event)
			at(self._later(target, 3, 40), self.mark, event, self._mark())
		elif course is Course.LATE_CONFIRMATION:
			given = self._later(begin, 1, 8)
			at(given, self.give, event)
			at(self._later(given, 1, 8), self.mark, event, self._mark())
			self._confirm_all(event, self._later(target, 2, 30))
		elif course is Course.LATE_REDO:
			self._confirm_all(event, self._later(begin, 2, 20))
			given = self._later(begin, 1, 10)
			at(given, self.give, event)
			back = self._later(given, 2, 14)
			at(back, self.mark, event, "Redo")
			again = self._later(max(back, target), 4, 30)
			at(again, self.give, event)
			at(self._later(again, 1, 8), self.mark, event, "Meets")
		elif course is Course.FORGOTTEN:
			self._confirm_all(event, self._later(begin, 3, 24))
		elif course is Course.EVIDENCE_ONLY:
			at(begin + timedelta(minutes=50), self.give, event)
		elif course is Course.SENT_BACK:
			at(begin + timedelta(minutes=40), self.give, event)
			at(begin + timedelta(minutes=95), self.mark, event, "Redo")
		elif course is Course.UNCONFIRMED:
			at(begin + timedelta(minutes=30), self.give, event)
			at(begin + timedelta(minutes=80), self.mark, event, "Meets")

	def _plan_in_time(self, event: str, begin: datetime, target: datetime, course: Course) -> None:
		"""Evidence, confirmation and mark before the target; with a weekend in between, the same day."""
		given = self._later(begin, 0.4, 5)
		confirmed = self._later(begin, 0.6, 18)
		marked = self._later(given, 0.6, 14)
		again = self._later(marked, 0.5, 3) if course is Course.REDONE else marked
		last = self._later(again, 0.5, 2) if course is Course.REDONE else marked
		if max(confirmed, last) > target - timedelta(minutes=20):
			given = begin + timedelta(minutes=self._draw.randrange(12, 40))
			confirmed = begin + timedelta(minutes=self._draw.randrange(20, 90))
			marked = given + timedelta(minutes=self._draw.randrange(15, 60))
			again = marked + timedelta(minutes=self._draw.randrange(10, 30))
			last = again + timedelta(minutes=self._draw.randrange(10, 30))
		self._confirm_all(event, confirmed)
		self._at(given, self.give, event)
		if course is Course.REDONE:
			self._at(marked, self.mark, event, "Redo")
			self._at(again, self.give, event)
			self._at(last, self.mark, event, "Meets")
		else:
			self._at(marked, self.mark, event, self._mark())

	def _confirm_all(self, event: str, when: datetime) -> None:
		self._at(when, self.confirm, event)

	def _mark(self) -> str:
		return "Meets" if self._draw.random() < 0.76 else "Needs Improvement"

	# --- what --------------------------------------------------------------------------------------------

	def give(self, event: str) -> None:
		"""The one who is asked for the evidence gives what is missing, and some of what is optional."""
		step = self._open_step(event, "Evidence")
		if step is None:
			return
		with acting_user(step.assignee_user):
			for wanted in panel.for_event(event)["events"][0]["requirements"]:
				if not wanted["may_give"] or wanted["satisfied"]:
					continue
				if wanted["mandatory"] or self._draw.random() < 0.4:
					self._give_one(event, wanted, step)

	def _give_one(self, event: str, wanted: dict[str, Any], step: Any) -> None:
		if wanted["kind"] == "File":
			if self._draw.random() < 0.06:
				self._give_wrong_file_first(event, wanted, step)
			files.give(event, wanted["key"], *self._file(wanted, step))
		elif wanted["kind"] == "Link":
			steps.give(event, wanted["key"], LINK.format(step.reference_name))
		else:
			steps.give(event, wanted["key"], self._text(wanted["label"], step.assignee_user))

	def _give_wrong_file_first(self, event: str, wanted: dict[str, Any], step: Any) -> None:
		name, content = self._file(wanted, step, title="Draft, not signed")
		files.give(event, wanted["key"], f"draft {name}", content)
		for shown in panel.for_event(event)["events"][0]["requirements"]:
			if shown["key"] == wanted["key"] and shown["pieces"]:
				steps.withdraw(event, shown["pieces"][-1]["piece"])

	def _file(self, wanted: dict[str, Any], step: Any, title: str = "") -> tuple[str, bytes]:
		accepted = [x.strip(".") for x in wanted["accept"].split(",") if x]
		label, name = wanted["label"], name_of(step.assignee_user)
		wants_photo = "photo" in label.lower() or "check sheet" in label.lower()
		extension = "jpg" if wants_photo and "jpg" in accepted else "pdf" if "pdf" in accepted else "png"
		heading = title or label
		if wants_photo:
			content = papers.photo(
				f"{step.reference_name}, round {step.round}: {heading}",
				extension,
				hash_of(step.reference_name, label),
			)
		else:
			content = papers.paper(
				heading,
				[
					f"{step.reference_doctype} {step.reference_name}",
					f"Round {step.round}, handed in by {name}",
					f"{step.event_type}. This page stands for the real document in the demo.",
				],
				extension,
				"Signed: " + name,
			)
		plain = "".join(c if c.isalnum() else " " for c in heading).strip()
		return f"{plain} {step.reference_name.replace('/', '-')} r{step.round}.{extension}", content

	def _text(self, label: str, user: str) -> str:
		if frappe.db.get_value("User", user, "language") == "zh":
			return CHINESE_TEXTS.get(label, CHINESE_DEFAULT)
		return TEXTS.get(label, DEFAULT_TEXT)

	def mark(self, event: str, mark: str) -> None:
		"""The one who is asked for the mark gives it, if the evidence is there."""
		step = self._open_step(event, "Mark")
		if step is None or frappe.db.get_value(store.EVENT, event, "stage") == "Evidence":
			return
		reasons = {"Redo": REDO_REASONS, "Needs Improvement": WEAK_REASONS}.get(mark, (*GOOD_REASONS, "", ""))
		with acting_user(step.assignee_user):
			steps.mark(event, mark, self._draw.choice(reasons))

	def confirm(self, event: str) -> None:
		"""The collaborators confirm the impact; those who need not, about every second time."""
		for step in self._steps(event, "Confirmation"):
			if not step.required and self._draw.random() < 0.5:
				continue
			if frappe.db.get_value(store.EVENT, event, "state") != "Open" or not step.assignee_user:
				return
			impacts = IMPACTS.get(step.label, ["None"])
			note = NOTES.get(step.label, "") if impacts != ["None"] or self._draw.random() < 0.5 else ""
			with acting_user(step.assignee_user):
				steps.confirm(event, impacts, note, step.step)

	def _steps(self, event: str, kind: str) -> list[Any]:
		return frappe.get_all(
			store.ACTION,
			filters={"event": event, "kind": kind, "state": "Open"},
			fields=[
				"step",
				"label",
				"round",
				"required",
				"assignee_user",
				"event_type",
				"reference_doctype",
				"reference_name",
			],
			order_by="step",
		)

	def _open_step(self, event: str, kind: str) -> Any | None:
		found = [s for s in self._steps(event, kind) if s.assignee_user]
		return found[0] if found else None


def _week(row: Any) -> tuple[int, int]:
	return tuple(row.recorded_at.date().isocalendar()[:2])
