"""What a file really is, whatever it is called, and whether it can be evidence.

Refused: content that is not what the name says, whatever can run (web pages, SVG, programs, scripts, macros, PDF
with scripts), files that are two things at once, archives that unpack to too much, pictures of too many pixels.
Only warned of: what cannot be looked into (passwords, archives other than zip), programs in an archive, files in a
PDF. A kind of file that is not known here is accepted: it is kept as it is, and never shown by the site itself.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field

from perf_flow.engine import archive as zips
from perf_flow.engine import picture
from perf_flow.engine.archive import Archive, Limits
from perf_flow.engine.errors import N_, EvidenceRefused
from perf_flow.engine.evidence import EMPTY_FILE, clean_file_name, extension

OTHER_CONTENT = N_(
	"“{0}” is called a .{1} file, but its content is: {2}. Please choose the right file, or save it anew with the program it comes from."
)
RUNS = N_(
	"“{0}” is, or can act as, a program or web page ({1}), and is not accepted as evidence. Please give a PDF or a picture of it."
)
MACROS = N_(
	"“{0}” contains macros. Please save it without macros (for example as .docx, .xlsx or PDF) and give that."
)
PDF_RUNS = N_(
	"The PDF “{0}” contains a script or starts a program. Please print it to a new PDF and give that."
)
TWO_THINGS = N_(
	"“{0}” is two files in one ({1}, {2}), so nobody can know what was seen. Please give them separately."
)
DAMAGED = N_("“{0}” is damaged and cannot be opened as {1}. Please save or photograph it anew.")
TOO_MANY_PIXELS = N_(
	"The picture “{0}” has {1} megapixels; at most {2} are accepted. Please make it smaller."
)

LOCKED = N_("The file is protected by a password, so its content could not be checked.")
PARTLY_LOCKED = N_(
	"Some files in the archive are protected by a password or packed in an unusual way, and could not be checked."
)
UNREAD = N_("Archives of this kind cannot be looked into here. Check what is in it before you rely on it.")
HOLDS_PROGRAMS = N_(
	"The archive contains programs, scripts or web pages: {0}. Open them only if you know where they come from."
)
HOLDS_FILES = N_("Other files are attached inside this PDF.")
REMOTE_TEMPLATE = N_("The document loads a template from elsewhere when it is opened.")

MAXIMUM_MEGAPIXELS = 200
"""JPEG, whose size is reduced while it is read."""
MAXIMUM_MEGAPIXELS_WHOLE = 50
"""Pictures of other kinds, which have to be read whole to be shown or compared."""


@dataclass(frozen=True, slots=True)
class Kind:
	"""A kind of content. ``active`` content is refused; ``picture`` names the reader of ``picture``; ``key``
	identifies it."""

	key: str
	title: str
	active: bool = False
	picture: str = ""
	container: bool = False


def _kinds(*kinds: Kind) -> dict[str, Kind]:
	return {k.key: k for k in kinds}


KINDS = _kinds(
	Kind("pdf", N_("a PDF document")),
	Kind("png", N_("a PNG picture"), picture="png"),
	Kind("jpeg", N_("a JPEG picture"), picture="jpeg"),
	Kind("gif", N_("a GIF picture"), picture="gif"),
	Kind("webp", N_("a WebP picture"), picture="webp"),
	Kind("bmp", N_("a BMP picture"), picture="bmp"),
	Kind("tiff", N_("a TIFF picture"), picture="tiff"),
	Kind("heif", N_("an HEIF picture")),
	Kind("media", N_("sound or video")),
	Kind("docx", N_("a Word document"), container=True),
	Kind("xlsx", N_("an Excel workbook"), container=True),
	Kind("pptx", N_("a PowerPoint presentation"), container=True),
	Kind("odf", N_("an OpenDocument file"), container=True),
	Kind("ofd", N_("an OFD document"), container=True),
	Kind("zip", N_("a zip archive"), container=True),
	Kind("office", N_("an Office document of the older kind")),
	Kind("locked", N_("an Office document with a password")),
	Kind("rtf", N_("an RTF document")),
	Kind("packed", N_("an archive")),
	Kind("dwg", N_("a drawing")),
	Kind("text", N_("plain text")),
	Kind("mail", N_("an email")),
	Kind("xml", N_("XML data")),
	Kind("unknown", N_("something else")),
	Kind("html", N_("a web page"), active=True),
	Kind("svg", N_("an SVG drawing"), active=True),
	Kind("xml-active", N_("XML with a script or style sheet"), active=True),
	Kind("mhtml", N_("a saved web page"), active=True),
	Kind("script", N_("a script"), active=True),
	Kind("program", N_("a program"), active=True),
)

_CALLED: dict[str, str] = {
	"pdf": "pdf",
	"png": "png",
	"jpg jpeg jpe jfif": "jpeg",
	"gif": "gif",
	"webp": "webp",
	"bmp dib": "bmp",
	"tif tiff": "tiff",
	"heic heif avif": "heif",
	"mp4 m4v m4a mov 3gp mp3 wav ogg oga ogv opus flac webm mkv avi aac amr": "media",
	"docx dotx": "docx locked",
	"xlsx xltx": "xlsx locked",
	"pptx potx ppsx": "pptx locked",
	"odt ods odp odg ott ots otp": "odf",
	"ofd": "ofd",
	"zip": "zip docx xlsx pptx odf ofd",
	"doc dot": "office rtf locked",
	"xls xlt ppt pps msg vsd mpp": "office locked",
	"wps et dps": "office docx xlsx pptx locked",
	"rtf": "rtf",
	"7z rar gz tgz bz2 xz tar": "packed",
	"dwg": "dwg",
	"txt text log md csv tsv json yaml yml ini": "text mail xml",
	"eml": "mail text mhtml",
	"xml": "xml",
}
_ALLOWED = {e: frozenset(kinds.split()) for names, kinds in _CALLED.items() for e in names.split()}
"""For each extension that says what a file is: the kinds that it may be."""

_PROGRAMS = frozenset(
	"exe com dll sys scr cpl msi msp mst msc cmd bat ps1 psm1 psd1 vbs vbe js jse mjs cjs wsf wsh wsc hta sct jar class "
	"lnk url scf pif reg inf gadget application appref-ms appx msix apk ipa app dmg pkg deb rpm run elf so dylib "
	"sh bash zsh csh ksh py pyc pyw pl rb php phtml phar asp aspx jsp cgi lua tcl scpt command desktop swf chm hlp "
	"xll iqy slk oqy rqy library-ms search-ms settingcontent-ms diagcab iso img vhd vhdx ps eps".split()
)
_MACRO_FILES = frozenset("docm dotm xlsm xltm xlsb xlam xla ppam pptm potm ppsm sldm".split())
_PAGES = frozenset("html htm xhtml xht shtml svg svgz mht mhtml xsl xslt".split())

_MIGHT_RUN = frozenset(("xml", "eml"))
KEPT_EXTENSIONS = frozenset(_ALLOWED) - _MIGHT_RUN
"""The extensions with which evidence is kept on disk, for by them a site decides how it hands a file out: what
browsers show (pictures, PDF, plain text, sound, video) or hand to another program, and nothing in which a script can
run. Everything else is kept as .bin."""


@dataclass(frozen=True, slots=True)
class Warned:
	"""Something to be told with a piece of evidence; ``template`` is translated, then filled with ``args``."""

	template: str
	args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
	"""What a file is. ``archive`` is there for zip files of all kinds, documents among them."""

	kind: Kind
	warnings: tuple[Warned, ...] = ()
	archive: Archive | None = None
	pixels: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class _Notes:
	warnings: list[Warned] = field(default_factory=list)

	def warn(self, template: str, *args: str) -> None:
		self.warnings.append(Warned(template, args))


def stored_extension(name: str) -> str:
	"""The extension, with its dot, under which a file is kept on disk. What is not known to be harmless ends in .bin,
	which every server hands out as a download of no particular kind."""
	found = extension(name)
	if found in KEPT_EXTENSIONS:
		return f".{found}"
	return f".{found}.bin" if re.fullmatch(r"[a-z0-9]{1,10}", found) else ".bin"


def inspect(name: str, data: bytes, limits: Limits | None = None) -> Inspection:
	"""Say what ``data``, given under ``name``, is.

	Raises EvidenceRefused, with what to do, for whatever cannot be evidence.
	"""
	name = clean_file_name(name)
	if not data:
		raise EvidenceRefused(template=EMPTY_FILE)
	called = extension(name)
	if called in _MACRO_FILES:
		raise EvidenceRefused(name, template=MACROS)
	if called in _PROGRAMS or called in _PAGES:
		raise EvidenceRefused(name, f".{called}", template=RUNS)
	kind = recognise(data)
	if kind.key == "zip":
		kind, archive = _look_into(name, data, limits)
	else:
		archive = None
	if kind.active and not (kind.key == "mhtml" and called == "eml"):
		raise EvidenceRefused(name, kind.title, template=RUNS)
	allowed = _ALLOWED.get(called)
	if allowed is not None and kind.key not in allowed:
		raise EvidenceRefused(name, called, kind.title, template=OTHER_CONTENT)
	_refuse_two_things(name, data, kind, archive)
	notes, pixels = _Notes(), (0, 0)
	if kind.picture:
		pixels = _check_picture(name, data, kind)
	elif kind.key == "pdf":
		_check_pdf(name, data, notes)
	elif archive is not None:
		_check_archive(name, kind, archive, notes)
	elif kind.key == "office":
		_check_office(name, data)
	elif kind.key == "locked":
		notes.warn(LOCKED)
	elif kind.key == "packed":
		notes.warn(UNREAD)
	return Inspection(kind, tuple(notes.warnings), archive, pixels)


# --- by the first bytes -------------------------------------------------------------------------------------

_HEADS: tuple[tuple[bytes, str], ...] = (
	(b"%PDF-", "pdf"),
	(b"\x89PNG\r\n\x1a\n", "png"),
	(b"\xff\xd8\xff", "jpeg"),
	(b"GIF87a", "gif"),
	(b"GIF89a", "gif"),
	(b"II*\0", "tiff"),
	(b"MM\0*", "tiff"),
	(b"PK\x03\x04", "zip"),
	(b"PK\x05\x06", "zip"),
	(b"Rar!\x1a\x07", "packed"),
	(b"7z\xbc\xaf\x27\x1c", "packed"),
	(b"\x1f\x8b", "packed"),
	(b"BZh", "packed"),
	(b"\xfd7zXZ\0", "packed"),
	(b"MSCF", "packed"),
	(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
	(b"{\\rtf", "rtf"),
	(b"ID3", "media"),
	(b"\xff\xfb", "media"),
	(b"\xff\xf1", "media"),
	(b"OggS", "media"),
	(b"fLaC", "media"),
	(b"\x1aE\xdf\xa3", "media"),
	(b"#!AMR", "media"),
	(b"\x7fELF", "program"),
	(b"\xca\xfe\xba\xbe", "program"),
	(b"\xfe\xed\xfa\xce", "program"),
	(b"\xfe\xed\xfa\xcf", "program"),
	(b"\xce\xfa\xed\xfe", "program"),
	(b"\xcf\xfa\xed\xfe", "program"),
	(b"\x4c\0\0\0\x01\x14\x02\0", "program"),
	(b"ITSF", "program"),
	(b"\0asm", "program"),
	(b"FWS", "program"),
	(b"CWS", "program"),
	(b"ZWS", "program"),
	(b"%!PS", "program"),
	(b"\xc5\xd0\xd3\xc6", "program"),
	(b"#!", "script"),
	(b"<?php", "script"),
	(b"<%", "script"),
)
_HTML_HEAD = re.compile(
	rb"\s*(?:<!--.{0,4000}?-->\s*)*<(?:!doctype\s+html|html|head|script|iframe|h[1-6]|div|font|table|a|style|title|b|body|br|p"
	rb"|img|svg|object|embed|form|input|meta|link|base|center|span|video|audio|math)[\s/>]",
	re.IGNORECASE | re.DOTALL,
)
_MARKUP = re.compile(
	rb"<(?:script|html|iframe|body|svg|object|embed|!doctype\s+html|\?php)[\s/>]", re.IGNORECASE
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def recognise(data: bytes) -> Kind:
	"""The kind of content, by its first bytes; zip files are told apart by ``inspect``."""
	for head, key in _HEADS:
		if data.startswith(head):
			if key == "office" and _name("EncryptedPackage") in data:
				return KINDS["locked"]
			return KINDS[key]
	if data[:2] == b"MZ" and len(data) > 64:
		return KINDS["program"]
	if data[:4] == b"RIFF":
		return KINDS[
			"webp" if data[8:12] == b"WEBP" else "media" if data[8:12] in (b"WAVE", b"AVI ") else "unknown"
		]
	if data[4:8] == b"ftyp":
		brand = data[8:12]
		return KINDS["heif" if brand in _HEIF_BRANDS else "media"]
	if data[:2] == b"BM" and len(data) > 26 and data[26:28] == b"\x01\0":
		return KINDS["bmp"]
	if re.match(rb"AC10\d\d", data):
		return KINDS["dwg"]
	if data[257:262] == b"ustar":
		return KINDS["packed"]
	return _recognise_text(data)


_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"))


def _recognise_text(data: bytes) -> Kind:
	head = data[:65_536]
	if head.startswith((b"\xff\xfe", b"\xfe\xff")):
		head = head[: len(head) & ~1].decode("utf-16", "replace").encode()
	text = head.removeprefix(b"\xef\xbb\xbf")
	stripped = text.lstrip()
	if _HTML_HEAD.match(text[:8192]):
		return KINDS["svg" if re.match(rb"\s*<svg", text, re.IGNORECASE) else "html"]
	if stripped[:5].lower() == b"<?xml" or re.match(
		rb"<(?:!doctype|!--|[a-z_][\w.:-]*[\s>])", stripped, re.I
	):
		return _recognise_xml(data)
	if _CONTROL.search(head):
		return KINDS["pdf"] if _late_pdf(data) else KINDS["unknown"]
	if re.search(rb"^MIME-Version:", head[:8192], re.MULTILINE | re.IGNORECASE):
		related = re.search(rb"^Content-Type:\s*multipart/related", head, re.MULTILINE | re.IGNORECASE)
		if related or re.search(rb"^Snapshot-Content-Location:", head, re.MULTILINE | re.IGNORECASE):
			return KINDS["mhtml"]
		return KINDS["mail"]
	if re.match(rb"\[InternetShortcut\]", stripped, re.IGNORECASE):
		return KINDS["program"]
	return KINDS["text"]


_XML_ACTIVE = (
	(re.compile(rb"<(?:\w+:)?svg[\s>]|http://www\.w3\.org/2000/svg", re.IGNORECASE), "svg"),
	(re.compile(rb"http://www\.w3\.org/1999/xhtml|<html[\s>]", re.IGNORECASE), "html"),
	(
		re.compile(
			rb"<\?xml-stylesheet|<(?:\w+:)?script[\s>]|http://www\.w3\.org/1999/XSL/Transform|<!ENTITY",
			re.IGNORECASE,
		),
		"xml-active",
	),
)


def _recognise_xml(data: bytes) -> Kind:
	if data.startswith((b"\xff\xfe", b"\xfe\xff")):
		data = data.decode("utf-16", "replace").encode()
	for pattern, key in _XML_ACTIVE:
		if pattern.search(data):
			return KINDS[key]
	return KINDS["xml"]


def _late_pdf(data: bytes) -> bool:
	"""Whether a PDF begins after some other bytes, as its readers allow."""
	return b"%PDF-" in data[:1024] and b"startxref" in data[-2048:]


def _refuse_two_things(name: str, data: bytes, kind: Kind, archive: Archive | None) -> None:
	other = ""
	packed = archive is not None and any(m.head.startswith(b"%PDF-") for m in archive.members)
	if not kind.container and zips.has_directory(data):
		other = "zip"
	elif kind.key != "pdf" and not packed and _late_pdf(data):
		other = "pdf"
	elif kind.key == "pdf" and not data.startswith(b"%PDF-"):
		raise EvidenceRefused(name, KINDS["unknown"].title, kind.title, template=TWO_THINGS)
	elif kind.picture and (_MARKUP.search(data) or data[4:6] == b"/*" or _hung_on_page(data, kind)):
		other = "html"
	elif kind.picture in ("png", "jpeg", "gif", "webp", "bmp"):
		other = _hung_on(name, data, kind)
	elif kind.key == "pdf" and _MARKUP.search(data[:1024]):
		other = "html"
	if other:
		raise EvidenceRefused(name, kind.title, KINDS[other].title, template=TWO_THINGS)


def _hung_on_page(data: bytes, kind: Kind) -> bool:
	return kind.key != "tiff" and bool(re.search(rb"javascript:", data[:4096], re.IGNORECASE))


def _hung_on(name: str, data: bytes, kind: Kind) -> str:
	"""The kind of what follows the end of a picture, where it is something by itself."""
	try:
		rest = data[picture.end(kind.picture, data) :]
	except picture.Damaged as e:
		raise EvidenceRefused(name, kind.title, template=DAMAGED) from e
	# cameras hang previews and short films behind their pictures
	found = recognise(rest).key if rest.strip(b"\0 \r\n") else "unknown"
	return "" if found in ("unknown", "jpeg", "media", "text") and not _scripted(rest, found) else found


def _scripted(rest: bytes, found: str) -> bool:
	return found == "text" and bool(re.search(rb"[;(){}=]", rest[:4096]))


# --- pictures -----------------------------------------------------------------------------------------------


def _check_picture(name: str, data: bytes, kind: Kind) -> tuple[int, int]:
	try:
		width, height = picture.pixels(kind.picture, data)
	except picture.Damaged as e:
		raise EvidenceRefused(name, kind.title, template=DAMAGED) from e
	if width <= 0 or height <= 0:
		raise EvidenceRefused(name, kind.title, template=DAMAGED)
	most = MAXIMUM_MEGAPIXELS if kind.key == "jpeg" else MAXIMUM_MEGAPIXELS_WHOLE
	if width * height > most * 1_000_000:
		raise EvidenceRefused(name, f"{width * height / 1_000_000:.0f}", most, template=TOO_MANY_PIXELS)
	return width, height


# --- PDF ----------------------------------------------------------------------------------------------------


def _pdf_word(word: str) -> str:
	"""A pattern for a PDF name, any letter of which may be written as # and two hexadecimal digits."""
	return "".join(f"(?:{re.escape(c)}|#{ord(c):02x}|#{ord(c):02X})" for c in word)


_PDF_RUNS = re.compile(f"/(?:{_pdf_word('JavaScript')}|{_pdf_word('Launch')})(?![A-Za-z0-9])".encode())
_PDF_FILES = re.compile(f"/{_pdf_word('EmbeddedFile')}".encode())
_PDF_LOCKED = re.compile(rb"/Encrypt\s+\d+\s+\d+\s+R|/Encrypt\s*<<")
_PDF_OBJECTS = re.compile(f"/{_pdf_word('ObjStm')}[^>]{{0,400}}>>\\s*stream\\r?\\n".encode())
_OBJECTS_MOST = 16_000_000


def _check_pdf(name: str, data: bytes, notes: _Notes) -> None:
	files = bool(_PDF_FILES.search(data))
	runs = bool(_PDF_RUNS.search(data))
	budget = 2 * _OBJECTS_MOST
	for found in _PDF_OBJECTS.finditer(data):
		if runs or budget <= 0:
			break
		unpacked = _inflate(data, found.end(), min(budget, _OBJECTS_MOST))
		budget -= max(len(unpacked), 1)
		runs = bool(_PDF_RUNS.search(unpacked))
		files = files or bool(_PDF_FILES.search(unpacked))
	if runs:
		raise EvidenceRefused(name, template=PDF_RUNS)
	if _PDF_LOCKED.search(data):
		notes.warn(LOCKED)
	if files:
		notes.warn(HOLDS_FILES)


def _inflate(data: bytes, begin: int, most: int) -> bytes:
	try:
		return zlib.decompressobj().decompress(memoryview(data)[begin : begin + most], most)
	except zlib.error:
		# another filter, or encrypted: such a file opens nowhere unless its password is known
		return b""


# --- documents and archives ---------------------------------------------------------------------------------

_PARTS = {
	"docx": ("word/document.xml", "word/media/"),
	"xlsx": ("xl/worksheets/", "xl/sharedStrings.xml", "xl/media/"),
	"pptx": ("ppt/slides/", "ppt/media/"),
	"odf": ("content.xml", "Pictures/"),
	"ofd": ("OFD.xml",),
}
_KEPT = tuple(
	part
	for kind in ("docx", "xlsx", "pptx", "odf")
	for part in _PARTS[kind]
	if "media" not in part and part != "Pictures/"
)


def _look_into(name: str, data: bytes, limits: Limits | None) -> tuple[Kind, Archive]:
	found = zips.look_into(
		data, limits, keep=("[Content_Types].xml", "mimetype", "word/_rels/settings.xml.rels", *_KEPT)
	)
	names = frozenset(found.names)
	for key, begin in (("docx", "word/"), ("xlsx", "xl/"), ("pptx", "ppt/")):
		if "[Content_Types].xml" in names and any(n.startswith(begin) for n in names):
			return KINDS[key], found
	if found.kept.get("mimetype", b"").startswith(b"application/vnd.oasis.opendocument"):
		return KINDS["odf"], found
	if "OFD.xml" in names:
		return KINDS["ofd"], found
	if "META-INF/MANIFEST.MF" in names and any(n.endswith((".class", ".dex")) for n in names):
		return KINDS["program"], found
	if "AndroidManifest.xml" in names:
		return KINDS["program"], found
	return KINDS["zip"], found


def _has_macros(name: str) -> bool:
	lower = name.lower()
	return lower.endswith(("vbaproject.bin", "vbadata.xml")) or bool(
		re.search(r"(^|/)(macrosheets|activex)/|^(basic|scripts)/.", lower)
	)


def _check_archive(name: str, kind: Kind, found: Archive, notes: _Notes) -> None:
	document = kind.key != "zip"
	if document:
		types = found.kept.get("[Content_Types].xml", b"")
		if any(_has_macros(n) for n in found.names) or b"macroEnabled" in types:
			raise EvidenceRefused(name, template=MACROS)
		relations = found.kept.get("word/_rels/settings.xml.rels", b"")
		if b"attachedTemplate" in relations and re.search(
			rb"Target=\"(?:https?:|file:|\\\\)", relations, re.I
		):
			notes.warn(REMOTE_TEMPLATE)
	if any(not m.sha256 for m in found.everything):
		notes.warn(PARTLY_LOCKED)
	programs = [m.name for m in found.everything if not document and _is_program(m)]
	if programs:
		shown = programs[:3] + (["…"] if len(programs) > 3 else [])
		notes.warn(HOLDS_PROGRAMS, ", ".join(clean_file_name(n) for n in shown))
	if any(m.head and recognise(m.head).key == "packed" for m in found.everything):
		notes.warn(UNREAD)


def _is_program(member: zips.Member) -> bool:
	called = extension(clean_file_name(member.name))
	if called in _PROGRAMS or called in _PAGES or called in _MACRO_FILES or _has_macros(member.name):
		return True
	return bool(member.head) and recognise(member.head).active


def _name(text: str) -> bytes:
	"""How a stream is called in a compound file, at the place where names stand."""
	return text.encode("utf-16le")


_MACRO_STREAMS = tuple(_name(n) + b"\0\0" for n in ("_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros"))
_INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")


def _check_office(name: str, data: bytes) -> None:
	if _INSTALLER in data:
		raise EvidenceRefused(name, KINDS["program"].title, template=RUNS)
	if any(stream in data for stream in _MACRO_STREAMS):
		raise EvidenceRefused(name, template=MACROS)
