"""Everything that people read is in perf_flow/translations/zh.csv, and nothing else is.

A static scan, without Frappe: the literals of Python and JavaScript, the texts of DocTypes, reports,
workspaces, cards, charts and roles, and the ready event types. A literal that people would read and
that is not handed to a translating function fails as well.

Contexts: a line with a third column is used by ``_(…, context=…)`` and ``__(…, …, context)``, and by
Frappe for the labels and options of the DocType of that name.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
APP = ROOT / "perf_flow"
CSV = APP / "translations" / "zh.csv"

# read on the command line or in the log of whoever operates a site, in English like bench itself
OPERATOR_ONLY = ("commands.py", "demo/", "tests/")
# the same in both languages
SAME = {
	"KRA": "the term of Frappe HR, used untranslated in Chinese as well",
	"SHA-256": "the name of an algorithm",
}
PLACEHOLDER = re.compile(r"\{\w*\}")
LETTER = re.compile(r"[A-Za-z\u4e00-\u9fff]")
TAG = re.compile(r"<[^>]*>")
# not words: addresses, dotted paths, a fieldname in brackets
NO_WORDS = re.compile(r"https?://\S*|^[a-z_]+(?:\.[a-z_]+)+$|\([a-z_]+\)")


class Text(NamedTuple):
	"""A text that people read. ``exact`` is whether the code asks for this context; without it the
	context is one that Frappe tries before the text alone. A text without letters may go untranslated."""

	source: str
	context: str
	exact: bool
	where: str

	@property
	def needed(self) -> bool:
		"""Whether there must be a translation; punctuation has one where the code asks for a context."""
		return self.source not in SAME and (
			self.exact or bool(LETTER.search(PLACEHOLDER.sub("", self.source)))
		)

	def keys(self) -> list[tuple[str, str]]:
		"""The lines that translate it, best first."""
		if self.exact or not self.context:
			return [(self.source, self.context)]
		return [(self.source, self.context), (self.source, "")]


@dataclass
class Found:
	"""What a scan found: texts, and literals that nobody translates."""

	texts: list[Text] = field(default_factory=list)
	bare: list[str] = field(default_factory=list)

	def add(self, source: str | None, where: str, context: str = "", exact: bool = False) -> None:
		"""Note a text."""
		if source:
			self.texts.append(Text(source, context, exact, where))


# --- Python ---------------------------------------------------------------------------------------

MARKING = ("_", "N_", "_lt")
# the arguments of these that people read: position, then keywords
SHOWING: dict[str, tuple[int, tuple[str, ...]]] = {
	"throw": (0, ("msg", "title")),
	"msgprint": (0, ("msg", "title")),
	"show_progress": (0, ("title", "description")),
	"respond_as_web_page": (0, ("title", "html")),
	"sendmail": (99, ("subject", "message", "header")),
	"say": (0, ()),
	"bold": (0, ()),
}
READ_KEYS = ("label", "title", "description", "subject", "placeholder", "message", "primary_action_label")


def scan_python(source: str, where: str, operator_only: bool = False) -> Found:
	"""The texts of a module, and its bare literals."""
	found = Found()
	tree = ast.parse(source)
	refusals = _refusals()
	for node in ast.walk(tree):
		at = f"{where}:{getattr(node, 'lineno', 0)}"
		if isinstance(node, ast.Call):
			name = _called(node)
			if name in MARKING:
				_marked(node, at, found)
			elif operator_only:
				continue
			elif name in SHOWING:
				position, keywords = SHOWING[name]
				shown = [*node.args[position : position + 1], *_keywords(node, keywords)]
				found.bare += [f"{at}: {name}({ast.unparse(a)[:60]})" for a in shown if _is_bare(a)]
			elif name in refusals:
				shown = [*_keywords(node, ("template",)), *(a for a in node.args if _is_sentence(a))]
				found.bare += [f"{at}: {name}({ast.unparse(a)[:60]})" for a in shown if _is_bare(a)]
		elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and not operator_only:
			if ast.unparse(node.exc.func).startswith("frappe."):
				found.bare += [
					f"{at}: raise {ast.unparse(node.exc)[:60]}" for a in node.exc.args if _is_bare(a)
				]
		elif isinstance(node, ast.Dict) and not operator_only:
			for key, value in zip(node.keys, node.values, strict=True):
				if isinstance(key, ast.Constant) and key.value in READ_KEYS and _is_bare(value):
					found.bare.append(f"{at}: {key.value}: {ast.unparse(value)[:60]}")
		elif isinstance(node, ast.ClassDef) and {ast.unparse(b) for b in node.bases} & refusals:
			for line in node.body:
				if (
					isinstance(line, ast.Assign | ast.AnnAssign)
					and "template" in ast.unparse(line).split("=")[0]
				):
					if line.value is not None and _is_bare(line.value):
						found.bare.append(f"{where}:{line.lineno}: template {ast.unparse(line.value)[:60]}")
	return found


def _called(node: ast.Call) -> str:
	if isinstance(node.func, ast.Name):
		return node.func.id
	if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
		return node.func.attr if node.func.value.id in ("frappe", "utils") else ""
	return ""


def _keywords(node: ast.Call, names: tuple[str, ...]) -> list[ast.expr]:
	return [k.value for k in node.keywords if k.arg in names]


def _marked(node: ast.Call, at: str, found: Found) -> None:
	if not node.args:
		return
	context = ""
	for value in (*node.args[2:3], *_keywords(node, ("context",))):
		if isinstance(value, ast.Constant) and isinstance(value.value, str):
			context = value.value
	chosen = _choices(node.args[0])
	for value in chosen:
		if isinstance(value, ast.Constant) and isinstance(value.value, str):
			found.add(value.value, at, context, bool(context))
		elif _is_bare(value):
			found.bare.append(f"{at}: {ast.unparse(node)[:80]} is put together before it is translated")


def _choices(node: ast.expr) -> list[ast.expr]:
	"""``a if c else b`` and ``a or b`` are each of their branches."""
	if isinstance(node, ast.IfExp):
		return [*_choices(node.body), *_choices(node.orelse)]
	if isinstance(node, ast.BoolOp):
		return [c for value in node.values for c in _choices(value)]
	return [node]


def _is_bare(node: ast.expr) -> bool:
	"""Whether a value is a literal with letters, or put together from one, before any translation."""
	if isinstance(node, ast.Constant):
		return isinstance(node.value, str) and _reads(node.value)
	if isinstance(node, ast.JoinedStr):
		return any(_is_bare(v) for v in node.values if isinstance(v, ast.Constant))
	if isinstance(node, ast.BinOp):
		return _is_bare(node.left) or _is_bare(node.right)
	if isinstance(node, ast.IfExp | ast.BoolOp):
		return any(_is_bare(v) for v in _choices(node))
	if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
		return _is_bare(node.func.value)
	return False


def _is_sentence(node: ast.expr) -> bool:
	return isinstance(node, ast.JoinedStr) or (
		isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
	)


@cache
def _refusals() -> frozenset[str]:
	"""The names of FlowError and of all its heirs."""
	tree = ast.parse((APP / "engine" / "errors.py").read_text("utf-8"))
	names = {"FlowError"}
	for node in tree.body:
		if isinstance(node, ast.ClassDef) and {ast.unparse(b) for b in node.bases} & names:
			names.add(node.name)
	return frozenset(names)


# --- JavaScript -----------------------------------------------------------------------------------


class Token(NamedTuple):
	"""``kind`` is name, number, text (a string), template (a string with holes), regex or mark."""

	kind: str
	value: str
	line: int


NAME = re.compile(r"[A-Za-z_$][\w$]*")
NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]+|\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?)n?")
REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
ESCAPED = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))")
# after these a slash begins a regular expression and does not divide
BEFORE_REGEX = (*"(,=:[!&|?{};+-*%<>~^", "=>", "${", "")
WORDS_BEFORE_REGEX = ("return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "do", "else")


def tokens(source: str) -> list[Token]:
	"""A JavaScript file as tokens. The holes of a template literal follow it, between ``${`` and ``}``."""
	result: list[Token] = []
	position, line = 0, 1
	open_braces: list[int] = []  # one number for each template we are in a hole of: its open braces
	resumed: list[int] = []  # where in ``result`` that template stands

	def take(kind: str, value: str, end: int) -> None:
		nonlocal position, line
		result.append(Token(kind, value, line))
		line += source.count("\n", position, end)
		position = end

	def template(start: int, index: int | None) -> None:
		"""Read on in a template literal up to its end or its next hole."""
		nonlocal position, line
		end = start
		while source[end] != "`" and not source.startswith("${", end):
			end += 2 if source[end] == "\\" else 1
		part = _unescaped(source[start:end])
		hole = source[end] != "`"
		if index is None:
			result.append(Token("template" if hole else "text", part, line))
			index = len(result) - 1
		else:
			before = result[index]
			result[index] = Token("template", before.value + "{}" + part, before.line)
		line += source.count("\n", position, end)
		position = end + (2 if hole else 1)
		if hole:
			result.append(Token("mark", "${", line))
			open_braces.append(0)
			resumed.append(index)

	while position < len(source):
		here = source[position]
		last = result[-1] if result else Token("mark", "", 0)
		if here in " \t\r\n":
			line += here == "\n"
			position += 1
		elif source.startswith("//", position):
			end = source.find("\n", position)
			position = end if end != -1 else len(source)
		elif source.startswith("/*", position):
			end = source.index("*/", position) + 2
			line += source.count("\n", position, end)
			position = end
		elif here in "\"'":
			end = position + 1
			while source[end] != here:
				end += 2 if source[end] == "\\" else 1
			take("text", _unescaped(source[position + 1 : end]), end + 1)
		elif here == "`":
			template(position + 1, None)
		elif here == "}" and open_braces and open_braces[-1] == 0:
			open_braces.pop()
			result.append(Token("mark", "}", line))
			template(position + 1, resumed.pop())
		elif match := NAME.match(source, position):
			take("name", match[0], match.end())
		elif match := NUMBER.match(source, position):
			take("number", match[0], match.end())
		elif (
			here == "/"
			and (
				(last.kind == "mark" and last.value in BEFORE_REGEX)
				or (last.kind == "name" and last.value in WORDS_BEFORE_REGEX)
			)
			and (match := REGEX.match(source, position))
		):
			take("regex", match[0], match.end())
		else:
			if open_braces:
				open_braces[-1] += {"{": 1, "}": -1}.get(here, 0)
			take("mark", "=>" if source.startswith("=>", position) else here, position + 1)
			if result[-1].value == "=>":
				position += 1
	return result


def _unescaped(text: str) -> str:
	def one(match: re.Match[str]) -> str:
		if code := match[1] or match[2] or match[3]:
			return chr(int(code, 16))
		return ESCAPES.get(match[4], match[4])

	return ESCAPED.sub(one, text)


OPENING = ("(", "[", "{", "${")
CLOSING = (")", "]", "}")


def arguments(found: list[Token], begin: int) -> list[list[Token]]:
	"""The arguments of a call whose opening bracket stands at ``begin``."""
	result: list[list[Token]] = [[]]
	depth = 0
	for token in found[begin:]:
		if token.kind == "mark" and token.value in CLOSING:
			depth -= 1
			if depth == 0:
				break
		if depth > 1 or (depth == 1 and token != Token("mark", ",", token.line)):
			result[-1].append(token)
		elif depth == 1:
			result.append([])
		if token.kind == "mark" and token.value in OPENING:
			depth += 1
	return [argument for argument in result if argument]


SHOWING_JS = (
	"throw msgprint show_alert confirm warn prompt set_intro set_title set_headline add_custom_button "
	"add_inner_button add_action_item add_menu_item add_button set_primary_action set_secondary_action "
	"set_subtitle set_message"
).split()
READ_PROPERTIES = (
	"label title message description placeholder subtitle primary_action_label secondary_action_label "
	"aria-label alt text empty_state"
).split()
# names of things are in title case, sentences are not
SENTENCE = re.compile(r"^[A-Z][\w’']* [a-z]")


def scan_javascript(source: str, where: str, names: frozenset[str] = frozenset()) -> Found:
	"""The texts of a file, and its bare literals. ``names`` are what may stand untranslated: names of
	DocTypes, reports and roles, and options, which the code compares and passes on."""
	found = Found()
	all_tokens = tokens(source)
	translated: set[int] = set()
	for i, token in enumerate(all_tokens):
		after = all_tokens[i + 1 : i + 3]
		at = f"{where}:{token.line}"
		calls = len(after) > 0 and after[0][:2] == ("mark", "(")
		if token[:2] == ("name", "__") and calls:
			given = arguments(all_tokens, i + 1)
			translated.update(range(i, i + 3 + sum(len(a) + 1 for a in given[:1])))
			if len(given) > 2:
				translated.update(range(i, i + 4 + sum(len(a) + 1 for a in given)))
			_marked_js(given, at, found)
		elif token.kind == "name" and token.value in SHOWING_JS and calls:
			first = arguments(all_tokens, i + 1)[:1]
			for argument in first:
				if argument[0].kind in ("text", "template") and _reads(argument[0].value):
					found.bare.append(f"{at}: {token.value}({argument[0].value[:60]!r})")
		elif token[:2] == ("name", "h") and calls:
			# the panel's elements: tag, attributes, then what stands in them
			for argument in arguments(all_tokens, i + 1)[2:]:
				if (
					len(argument) == 1
					and argument[0].kind in ("text", "template")
					and _reads(argument[0].value)
				):
					found.bare.append(f"{at}: h({argument[0].value[:60]!r})")
		elif (
			token.kind in ("name", "text")
			and token.value in READ_PROPERTIES
			and len(after) == 2
			and after[0][:2] == ("mark", ":")
			and after[1].kind in ("text", "template")
			and _reads(after[1].value)
			and after[1].value not in names
			and (i == 0 or all_tokens[i - 1].value in ("{", ","))
		):
			found.bare.append(f"{at}: {token.value}: {after[1].value[:60]!r}")
	for i, token in enumerate(all_tokens):
		if token.kind not in ("text", "template") or i in translated or token.value in names:
			continue
		if SENTENCE.search(TAG.sub("", token.value).strip()):
			found.bare.append(f"{where}:{token.line}: {token.value[:60]!r}")
	return found


def _reads(text: str) -> bool:
	"""Whether a text holds words once markup, placeholders and addresses are gone."""
	for pattern in (TAG, PLACEHOLDER, NO_WORDS):
		text = pattern.sub("", text)
	return bool(LETTER.search(text))


def _marked_js(given: list[list[Token]], at: str, found: Found) -> None:
	if not given:
		return
	first = given[0]
	context = ""
	if len(given) > 2:
		if len(given[2]) == 1 and given[2][0].kind == "text":
			context = given[2][0].value
	if len(first) == 1 and first[0].kind == "text":
		found.add(first[0].value, at, context, bool(context))
		return
	if first[0].kind == "template" or any(
		t.kind in ("text", "template")
		and (first[i - 1].value == "+" or first[i + 1 : i + 2][:1] == [Token("mark", "+", t.line)])
		for i, t in enumerate(first)
	):
		found.bare.append(f"{at}: __() of a text that is put together before it is translated")
		return
	depth = 0
	for before, token in pairwise(first):
		depth += (before.value in OPENING) - (before.value in CLOSING) if before.kind == "mark" else 0
		if (
			depth == 0
			and before[:2] in (("mark", "?"), ("mark", ":"), ("mark", "|"))
			and token.kind == "text"
		):
			found.add(token.value, at, context, bool(context))


# --- documents ------------------------------------------------------------------------------------


def scan_document(doc: dict[str, Any], where: str) -> Found:
	"""The texts of a document that the app installs. An unknown kind raises KeyError: say here what
	people read of it."""
	found = Found()
	DOCUMENTS[doc["doctype"]](doc, where, found)
	return found


def _doctype(doc: dict[str, Any], where: str, found: Found) -> None:
	name = doc["name"]
	found.add(name, where)
	found.add(doc.get("description"), where)
	for df in doc["fields"]:
		for key in ("label", "description", "placeholder"):
			found.add(df.get(key), f"{where} {df['fieldname']}", name)
		if df["fieldtype"] == "Select":
			for option in (df.get("options") or "").split("\n"):
				found.add(option.strip(), f"{where} {df['fieldname']}", name)
		elif df["fieldtype"] in ("HTML", "Heading"):
			found.add(TAG.sub("", df.get("options") or "").strip(), f"{where} {df['fieldname']}", name)
	for row in doc.get("permissions", ()):
		OWN_ROLES.add(row["role"])
	for table, keys in (("links", ("group",)), ("actions", ("label", "group")), ("states", ("title",))):
		for row in doc.get(table, ()):
			for key in keys:
				found.add(row.get(key), f"{where} {table}", name)


OWN_ROLES: set[str] = set()


def _report(doc: dict[str, Any], where: str, found: Found) -> None:
	found.add(doc["name"], where)
	for row in (*doc.get("columns", ()), *doc.get("filters", ())):
		found.add(row.get("label"), where)


def _workspace(doc: dict[str, Any], where: str, found: Found) -> None:
	for key in ("label", "title"):
		found.add(doc.get(key), where)
	for table in ("links", "shortcuts", "charts", "number_cards", "quick_lists", "custom_blocks"):
		for row in doc.get(table, ()):
			for key in ("label", "description", "format"):
				found.add(row.get(key), f"{where} {table}")
	for block in json.loads(doc["content"]):
		data = block["data"]
		if block["type"] in ("header", "paragraph"):
			found.add(TAG.sub("", data.get("text") or "").strip(), f"{where} {block['id']}")
		elif block["type"] == "card":
			found.add(data["card_name"], f"{where} {block['id']}")


def _labels(*keys: str) -> Any:
	def scan(doc: dict[str, Any], where: str, found: Found) -> None:
		for key in keys:
			found.add(doc.get(key), where)

	return scan


def _form_tour(doc: dict[str, Any], where: str, found: Found) -> None:
	for row in doc["steps"]:
		for key in ("title", "description"):
			found.add(row[key], where)


DOCUMENTS = {
	"DocType": _doctype,
	"Report": _report,
	"Workspace": _workspace,
	"Number Card": _labels("name", "label"),
	"Dashboard Chart": _labels("name", "chart_name"),
	"Role": _labels("name"),
	"Page": _labels("title"),
	"Module Onboarding": _labels("title", "subtitle", "success_message"),
	"Onboarding Step": _labels("title", "description", "action_label", "callback_title", "callback_message"),
	"Form Tour": _form_tour,
}


def scan_template(content: dict[str, Any], where: str) -> Found:
	"""The texts of a file of ready event types."""
	found = Found()
	found.add(content["industry"], where)
	found.add(content["description"], where)
	for entry in content["event_types"]:
		at = f"{where} {entry['key']}"
		found.add(entry["title"], at)
		found.add(entry.get("guidance"), at)
		for cause in entry.get("causes", ()):
			found.add(cause, at)
		for table in ("recipients", "collaborators", "requirements", "checks"):
			for row in entry.get(table, ()):
				found.add(row.get("label"), at)
				found.add(row.get("guidance"), at)
	return found


# --- the whole app --------------------------------------------------------------------------------


def files(suffix: str) -> Iterator[tuple[Path, str]]:
	"""The files of the app with a suffix, except what is built from others."""
	for path in sorted(APP.rglob(f"*{suffix}")):
		inside = path.relative_to(APP).as_posix()
		if "node_modules" not in inside and not inside.startswith("public/dist/"):
			yield path, inside


@cache
def app() -> Found:
	"""Everything that people read in the app."""
	found = Found()
	parts: list[Found] = []
	documents = []
	for path, inside in files(".json"):
		content = json.loads(path.read_text("utf-8"))
		if inside.startswith("event_templates/"):
			parts.append(scan_template(content, inside))
		else:
			documents += [(doc, inside) for doc in (content if isinstance(content, list) else [content])]
	parts += [scan_document(doc, inside) for doc, inside in documents]
	names = frozenset(doc["name"] for doc, _ in documents) | frozenset(
		option
		for doc, _ in documents
		for df in doc.get("fields", ())
		if df["fieldtype"] == "Select"
		for option in (df.get("options") or "").split("\n")
	)
	for path, inside in files(".py"):
		parts.append(scan_python(path.read_text("utf-8"), inside, inside.startswith(OPERATOR_ONLY)))
	for path, inside in files(".js"):
		parts.append(scan_javascript(path.read_text("utf-8"), inside, names))
	hooks = ast.parse((APP / "hooks.py").read_text("utf-8"))
	for node in hooks.body:
		if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "app_title":
			found.add(ast.literal_eval(node.value), "hooks.py app_title")
	for module in (APP / "modules.txt").read_text("utf-8").split("\n"):
		found.add(module.strip(), "modules.txt")
	for part in parts:
		found.texts += part.texts
		found.bare += part.bare
	return found


def rows() -> list[list[str]]:
	"""The lines of zh.csv."""
	with CSV.open(encoding="utf-8", newline="") as f:
		return list(csv.reader(f))


@cache
def translations() -> dict[tuple[str, str], str]:
	"""The translations by source and context."""
	return {(row[0], row[2] if len(row) > 2 else ""): row[1] for row in rows()}


def test_every_text_has_a_translation():
	missing: dict[tuple[str, str], str] = {}
	for text in app().texts:
		if text.needed and not any(key in translations() for key in text.keys()):
			missing.setdefault(text.keys()[-1], text.where)
	assert not missing, listed(f"{where}: {key}" for key, where in missing.items())


def test_no_line_is_stale():
	used = {key for text in app().texts for key in text.keys()}
	stale = [key for key in translations() if key not in used]
	assert not stale, listed(map(str, stale))


def test_lines_are_whole_and_each_is_there_once():
	broken = [
		row
		for row in rows()
		if len(row) not in (2, 3) or "" in row or (LETTER.search(row[0]) and any(c != c.strip() for c in row))
	]
	assert not broken, listed(map(str, broken))
	twice = [key for key, n in Counter((r[0], r[2] if len(r) > 2 else "") for r in rows()).items() if n > 1]
	assert not twice, listed(map(str, twice))
	keys = [(row[0], row[2] if len(row) > 2 else "") for row in rows()]
	assert keys == sorted(keys), "put the lines in order: python -m scripts.translations"


def test_placeholders_are_the_same():
	different = [
		(source, translation)
		for (source, _), translation in translations().items()
		if set(PLACEHOLDER.findall(source)) != set(PLACEHOLDER.findall(translation))
		or source.count("{}") != translation.count("{}")
	]
	assert not different, listed(map(str, different))


def test_translations_are_chinese():
	chinese = re.compile(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]")
	same = [
		(source, translation)
		for (source, _), translation in translations().items()
		if (source == translation or not chinese.search(translation)) and source not in SAME
	]
	assert not same, listed(map(str, same))
	needless = [source for source in SAME if (source, "") in translations()]
	assert not needless, listed(needless)


def test_punctuation_is_chinese():
	"""Beside Chinese characters stand full-width marks; numbers and Latin words keep a space."""
	half = re.compile(
		r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?:\s|$)|\s[，。；：？！、]"
	)
	odd = [(s, t) for (s, _), t in translations().items() if half.search(t)]
	assert not odd, listed(map(str, odd))


WORDS = {
	# what the words of the business are, and what they are not
	"Business Event": ("业务事件", ("商业事件",)),
	"Business Event Type": ("业务事件类型", ()),
	"Evidence": ("证据", ("凭据",)),
	"Evidence Requirement": ("证据要求", ()),
	"Meets": ("达标", ()),
	"Needs Improvement": ("待优化", ("待改进",)),
	"Redo": ("需重做", ()),
	"Impact confirmation": ("影响范围确认", ()),
	"Flow health": ("绩效流健康度", ("流程健康度",)),
	"Performance Flow": ("绩效流", ("绩效流程",)),
}


# where the word alone means something else to editors and lists
CONTEXTS = {"Redo": "Effectiveness mark", "Impact confirmation": "Step"}


@pytest.mark.parametrize("word", WORDS)
def test_words_of_the_business(word: str):
	right, wrong = WORDS[word]
	own = {context: t for (source, context), t in translations().items() if source == word}
	assert own.get(CONTEXTS.get(word, ""), "") == right, own
	assert not [t for t in translations().values() if any(w in t for w in wrong)]


def test_no_literal_is_left_bare():
	assert not app().bare, listed(app().bare)


def test_every_kind_of_file_is_scanned():
	"""A page in HTML or another language would need its own scan."""
	known = {".py", ".js", ".json", ".csv", ".txt", ".css", ".svg", ".png", ".pyc", ""}
	unknown = [inside for path, inside in files("") if path.is_file() and path.suffix not in known]
	assert not unknown, listed(unknown)


def test_roles_of_the_app_are_translated():
	own = {t.source for t in app().texts if t.where.startswith("fixtures/")}
	assert own == {"Performance HR", "Performance Administrator"}
	assert own <= OWN_ROLES


def listed(lines: Any) -> str:
	"""A list as a readable failure."""
	found = list(lines)
	return f"{len(found)}\n" + "\n".join(found)


# --- the scan itself ------------------------------------------------------------------------------


def test_python_is_read():
	found = scan_python(
		"from x import N_\n"
		'A = N_("one {0}")\n'
		"def f(x):\n"
		'\tfrappe.throw(_("two"\n\t\t" lines"))\n'
		'\t_("Yes", context="Condition"); _(x); _("a" if x else "b")\n',
		"m.py",
	)
	assert {(t.source, t.context) for t in found.texts} == {
		("one {0}", ""),
		("two lines", ""),
		("Yes", "Condition"),
		("a", ""),
		("b", ""),
	}
	assert found.bare == []


@pytest.mark.parametrize(
	"line",
	[
		'frappe.throw("Not possible")',
		'frappe.throw(f"No {x}")',
		'frappe.throw("No {0}".format(x))',
		'frappe.throw(_("a"), title="Sorry")',
		'frappe.msgprint("a" + x)',
		'raise frappe.ValidationError("No")',
		'raise InvalidInput(template="No {0}")',
		'raise ConfigurationError("This is wrong")',
		'class Odd(FlowError):\n\ttemplate = "No"',
		'_(f"a {x}")',
		'_("a {0}".format(x))',
		'columns = [{"label": "Amount", "fieldname": "amount"}]',
		'say("Nobody")',
	],
)
def test_bare_literals_of_python_are_found(line: str):
	assert len(scan_python(line, "m.py").bare) == 1


def test_javascript_is_read():
	found = scan_javascript(
		"// __('comment')\n/* __('comment') */\n"
		"const r = /['\"`]__\\(/g, half = a / b / c;\n"
		'x(`<p title="${__(\'inner {0}\', [`${y}`])}">${ok ? `${__("deep")}` : {a: 1}.a}</p>`);\n'
		'__(\n\t"two",\n\tnull,\n\t"Context",\n);\n'
		'__(a ? \'yes\' : "it\\u2019s"); __(variable); __(map["key"]);\n',
		"m.js",
	)
	assert [(t.source, t.context, t.where) for t in found.texts] == [
		("inner {0}", "", "m.js:4"),
		("deep", "", "m.js:4"),
		("two", "Context", "m.js:5"),
		("yes", "", "m.js:10"),
		("it’s", "", "m.js:10"),
	]
	assert found.bare == []


@pytest.mark.parametrize(
	"line",
	[
		"__(`No ${x}`)",
		"__('No ' + x)",
		"__(x + ' left')",
		"frappe.throw('stop')",
		"frappe.msgprint(`stop ${x}`)",
		"frm.add_custom_button('go', f)",
		"frappe.show_alert({ message: 'done', indicator: 'green' })",
		"fields.push({ fieldname: 'a', label: 'amount' })",
		"node('span', { class: 'x' }, 'Nothing is open')",
		"h('span', { class: 'x' }, 'nothing')",
		"html += `<b>Nothing is open</b>`",
	],
)
def test_bare_literals_of_javascript_are_found(line: str):
	assert scan_javascript(line, "m.js").bare


def test_names_are_no_bare_literals():
	line = "frappe.set_route('List', 'Business Event'); x = { title: 'Business Event' }"
	assert scan_javascript(line, "m.js", frozenset({"Business Event"})).bare == []


def test_documents_are_read():
	doc = {
		"doctype": "DocType",
		"name": "Thing",
		"fields": [
			{"fieldname": "a", "fieldtype": "Select", "label": "State", "options": "Open\n\nClosed"},
			{"fieldname": "b", "fieldtype": "Link", "label": "Who", "options": "User", "description": "Him."},
		],
	}
	assert [(t.source, t.context) for t in scan_document(doc, "x").texts] == [
		("Thing", ""),
		("State", "Thing"),
		("Open", "Thing"),
		("Closed", "Thing"),
		("Who", "Thing"),
		("Him.", "Thing"),
	]
	with pytest.raises(KeyError):
		scan_document({"doctype": "Web Page", "name": "x"}, "x")
