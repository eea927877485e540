"""Small papers and photos, drawn here, so that evidence is real files that can be opened."""

from __future__ import annotations

from io import BytesIO
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

PAPER = (620, 877)  # A4 at 75 dpi
PHOTO = (800, 600)
_FORMATS = {"pdf": "PDF", "png": "PNG", "jpg": "JPEG", "jpeg": "JPEG"}


def paper(title: str, lines: list[str], extension: str, signature: str = "") -> bytes:
	"""A page with a title, lines of text and a signature, as pdf, png or jpg. Latin text only: the
	font that comes with Pillow has no other characters."""
	page = Image.new("RGB", PAPER, "white")
	pen = ImageDraw.Draw(page)
	pen.rectangle((40, 40, PAPER[0] - 40, 46), fill="#2d6a8e")
	pen.text((44, 66), title, fill="#1d2b36", font=ImageFont.load_default(24))
	top = 124
	for line in lines:
		for part in wrap(line, 66) or [""]:
			pen.text((44, top), part, fill="#333333", font=ImageFont.load_default(15))
			top += 24
		top += 8
	if signature:
		_sign(pen, signature)
	return _bytes(page, extension)


def photo(caption: str, extension: str, seed: int) -> bytes:
	"""A picture that stands for a photo of goods: shapes, and a label with what it shows."""
	colour = ("#7d8f99", "#8a8173", "#6f8a78", "#86778c")[seed % 4]
	picture = Image.new("RGB", PHOTO, colour)
	pen = ImageDraw.Draw(picture)
	for n in range(6):
		left, top = (seed * 53 + n * 137) % 640, (seed * 31 + n * 89) % 360 + 40
		pen.rounded_rectangle(
			(left, top, left + 130, top + 96), 12, fill="#c9b28a", outline="#5b4a2f", width=3
		)
	pen.ellipse((330, 210, 470, 350), outline="#d33a2c", width=6)
	pen.rectangle((0, 540, 800, 600), fill="white")
	pen.text((16, 556), caption[:80], fill="#1d2b36", font=ImageFont.load_default(18))
	return _bytes(picture, extension)


def _sign(pen: ImageDraw.ImageDraw, name: str) -> None:
	pen.line((44, 790, 300, 790), fill="#333333", width=1)
	pen.text((44, 796), name, fill="#333333", font=ImageFont.load_default(13))
	points = [(52 + n * 7, 770 - (sum(map(ord, name)) * (n + 3)) % 27) for n in range(24)]
	pen.line(points, fill="#1f3c88", width=2, joint="curve")


def _bytes(image: Image.Image, extension: str) -> bytes:
	out = BytesIO()
	image.save(out, _FORMATS[extension])
	return out.getvalue()
