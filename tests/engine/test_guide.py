"""The documentation holds together: pictures, tasks in both languages, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = DOCS / "user-guide"
PICTURES = DOCS / "images" / "guide"
ROLES = ("employee", "manager", "collaborator", "hr", "administrator")
ENDINGS = {"en": ".md", "zh": ".zh-CN.md"}
MOST_STEPS = 5
LARGEST = 200_000  # bytes of a picture
LARGEST_IN_ALL = 6_000_000

PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
STEP = re.compile(r"^(\d+)\. ", re.MULTILINE)
PAGES = (
	*sorted(DOCS.glob("*.md")),
	*sorted(GUIDE.glob("*.md")),
	DOCS.parent / "README.md",
	DOCS.parent / "README.zh-CN.md",
)


def page(role: str, language: str) -> Path:
	return GUIDE / f"{role}{ENDINGS[language]}"


def tasks(path: Path) -> list[tuple[str, str]]:
	"""The tasks of a page, each with what stands under it."""
	_top, *parts = re.split(r"^## ", path.read_text(), flags=re.MULTILINE)
	return [(part.split("\n", 1)[0].strip(), part.split("\n", 1)[1]) for part in parts]


def pictures(text: str) -> list[str]:
	return [target for _alt, target in PICTURE.findall(text)]


def anchors(path: Path) -> set[str]:
	"""The headings of a page as GitHub names them in addresses."""
	text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
	found: dict[str, int] = {}
	names = set()
	for heading in re.findall(r"^#+ +(.+)$", text, re.MULTILINE):
		words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower())
		name = words.replace(" ", "-")
		names.add(f"{name}-{found[name]}" if name in found else name)
		found[name] = found.get(name, 0) + 1
	return names


def test_everybody_has_a_page_in_both_languages_and_no_page_is_left_over() -> None:
	wanted = {page(role, language) for role in (*ROLES, "README") for language in ENDINGS}
	assert set(GUIDE.glob("*")) == wanted


@pytest.mark.parametrize("language", ENDINGS)
@pytest.mark.parametrize("role", ROLES)
def test_each_task_has_a_picture_and_at_most_five_steps(role: str, language: str) -> None:
	found = tasks(page(role, language))
	assert len(found) >= 4
	for title, text in found:
		numbers = [int(number) for number in STEP.findall(text)]
		assert numbers == list(range(1, len(numbers) + 1)), title
		assert 1 <= len(numbers) <= MOST_STEPS, title
		assert pictures(text), title
		assert all(f"/images/guide/{language}/" in target for target in pictures(text)), title


@pytest.mark.parametrize("role", ROLES)
def test_both_languages_have_the_same_tasks_in_the_same_order(role: str) -> None:
	"""A task is known by its pictures, and has as many steps in either language."""
	shape = {}
	for language in ENDINGS:
		shape[language] = [
			([Path(target).name for target in pictures(text)], len(STEP.findall(text)))
			for _title, text in tasks(page(role, language))
		]
	assert shape["en"] == shape["zh"]
	titles = [title for title, _text in tasks(page(role, "zh"))]
	assert all(re.search(r"[\u4e00-\u9fff]", title) for title in titles)
	assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("language", ENDINGS)
def test_the_index_names_every_task(language: str) -> None:
	listed = re.findall(r"^- \[([^\]]+)\]", page("README", language).read_text(), re.MULTILINE)
	assert listed == [title for role in ROLES for title, _text in tasks(page(role, language))]


def test_every_picture_of_the_guide_is_shown_and_small() -> None:
	shown = {
		(path.parent / target).resolve()
		for path in GUIDE.glob("*.md")
		for target in pictures(path.read_text())
	}
	there = {path.resolve() for path in PICTURES.rglob("*") if path.is_file()}
	assert there == shown
	assert [path.name for path in there if path.stat().st_size > LARGEST] == []
	assert sum(path.stat().st_size for path in there) < LARGEST_IN_ALL


def test_the_camera_takes_every_picture_of_the_guide() -> None:
	script = (DOCS.parent / "scripts" / "screenshots.py").read_text()
	listed = re.search(r"^GUIDE_PICTURES.*?= \((.*?)^\)", script, re.MULTILINE | re.DOTALL)
	assert listed
	taken = {name.replace("_", "-") for name in re.findall(r"\w+", listed[1])}
	for language in ENDINGS:
		assert {path.stem for path in (PICTURES / language).iterdir()} == taken


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS.parent)))
def test_links_and_pictures_lead_somewhere(path: Path) -> None:
	text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
	broken = []
	for target in (*LINK.findall(text), *pictures(text)):
		if re.match(r"[a-z]+:", target):
			continue
		file, _hash, anchor = target.partition("#")
		other = (path.parent / file).resolve() if file else path
		if not other.exists() or (anchor and anchor not in anchors(other)):
			broken.append(target)
	assert broken == []
