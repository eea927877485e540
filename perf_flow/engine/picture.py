"""Pictures by their bytes: size in pixels, where they end, and JPEG files without what the camera noted.

Nothing here decodes a picture; only headers and the lengths of blocks are read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_SOF = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_SOS, _EOI, _APP0, _APP1, _APP2, _APP13, _APP14, _COM = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE


class Damaged(ValueError):
	"""The bytes are not what the head of the file says."""


def end(kind: str, data: bytes) -> int:
	"""Where the picture ends in its file, in bytes; what comes after it belongs to something else.

	``kind`` is png, jpeg, gif, webp or bmp. Raises Damaged when the blocks do not lead to an end.
	"""
	try:
		return _ENDS[kind](data)
	except (struct.error, IndexError) as e:
		raise Damaged(kind) from e


def pixels(kind: str, data: bytes) -> tuple[int, int]:
	"""Width and height in pixels; (0, 0) for kinds whose header is not read here. Raises Damaged."""
	try:
		if kind == "png":
			return struct.unpack(">II", data[16:24])
		if kind == "gif":
			return struct.unpack("<HH", data[6:10])
		if kind == "bmp":
			width, height = struct.unpack("<ii", data[18:26])
			return abs(width), abs(height)
		if kind == "jpeg":
			return _jpeg_frame(data)[:2]
		if kind == "webp":
			return _webp_pixels(data)
		if kind == "tiff":
			return _tiff_pixels(data)
	except (struct.error, IndexError) as e:
		raise Damaged(kind) from e
	return 0, 0


# --- JPEG ---------------------------------------------------------------------------------------------------


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
	"""(marker, beginning, end) of each segment up to and with the first scan's header."""
	at = 2
	while True:
		if data[at] != 0xFF:
			raise Damaged("jpeg")
		marker = data[at + 1]
		if marker == 0xFF:  # padding
			at += 1
			continue
		if marker == 0x01 or 0xD0 <= marker <= 0xD7:
			yield marker, at, at + 2
			at += 2
			continue
		(length,) = struct.unpack_from(">H", data, at + 2)
		if length < 2 or at + 2 + length > len(data):
			raise Damaged("jpeg")
		yield marker, at, at + 2 + length
		at += 2 + length
		if marker == _SOS:
			return


def _jpeg_frame(data: bytes) -> tuple[int, int, int, bool]:
	"""Width, height, bytes that a progressive picture's coefficients take in memory, and whether it is one."""
	for marker, begin, stop in _segments(data):
		if marker in _SOF:
			height, width, components = struct.unpack_from(">HHB", data, begin + 5)
			shapes = [data[begin + 11 + 3 * n] for n in range(components) if begin + 11 + 3 * n < stop]
			most = max((s >> 4) * (s & 15) for s in shapes) if shapes else 1
			share = sum((s >> 4) * (s & 15) for s in shapes) / most if most else 3
			return width, height, int(width * height * share * 2), marker in (0xC2, 0xC6, 0xCA, 0xCE)
	raise Damaged("jpeg")


def jpeg_memory(data: bytes) -> int:
	"""Bytes that decoding a JPEG at an eighth of its size takes: little, unless it is progressive, for then all of
	its coefficients are held at once. Raises Damaged."""
	try:
		width, height, coefficients, progressive = _jpeg_frame(data)
	except (struct.error, IndexError) as e:
		raise Damaged("jpeg") from e
	return (coefficients if progressive else 0) + width * height // 16


def _jpeg_end(data: bytes) -> int:
	scan = 0
	for _marker, _begin, stop in _segments(data):
		scan = stop
	# in a scan every FF is followed by a zero, so the first end marker is the end
	found = data.find(b"\xff\xd9", scan)
	if found < 0:
		raise Damaged("jpeg")
	return found + 2


def jpeg_orientation(data: bytes) -> int:
	"""How a JPEG is to be turned, as in Exif: 1 (not at all) to 8. 1 when nothing is said."""
	try:
		for marker, begin, stop in _segments(data):
			if marker == _APP1 and data[begin + 4 : begin + 10] == b"Exif\0\0":
				return _exif_orientation(data[begin + 10 : stop])
	except (struct.error, IndexError, Damaged):
		# a picture that cannot be read is refused elsewhere; here it is not turned
		return 1
	return 1


def _exif_orientation(tiff: bytes) -> int:
	order = "<" if tiff[:2] == b"II" else ">"
	(at,) = struct.unpack_from(order + "I", tiff, 4)
	(count,) = struct.unpack_from(order + "H", tiff, at)
	for n in range(min(count, 200)):
		tag, _type, _count, value = struct.unpack_from(order + "HHIH", tiff, at + 2 + 12 * n)
		if tag == 0x0112:
			return int(value) if 1 <= value <= 8 else 1
	return 1


def without_notes(data: bytes) -> bytes:
	"""A JPEG without place, time, camera, comments and what is hung on behind its end. The picture itself stays bit
	by bit as it was, and is turned as it was. Raises Damaged."""
	try:
		orientation = jpeg_orientation(data)
		kept = [data[:2]]
		if orientation != 1:
			exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
			kept.append(b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
		scan = 2
		for marker, begin, stop in _segments(data):
			# colour (APP2 with a profile, APP14) belongs to the picture
			notes = marker in (_APP1, _COM) or (0xE3 <= marker <= 0xEF and marker != _APP14)
			if marker == _APP2 and not data.startswith(b"ICC_PROFILE\0", begin + 4):
				notes = True
			if not notes:
				kept.append(data[begin:stop])
			scan = stop
		kept.append(data[scan : _jpeg_end(data)])
	except (struct.error, IndexError) as e:
		raise Damaged("jpeg") from e
	return b"".join(kept)


# --- the others ---------------------------------------------------------------------------------------------


def _png_end(data: bytes) -> int:
	at, first = 8, True
	while True:
		length, name = struct.unpack_from(">I4s", data, at)
		if (first and name != b"IHDR") or at + 12 + length > len(data) or not name.isalpha():
			raise Damaged("png")
		at, first = at + 12 + length, False
		if name == b"IEND":
			return int(at)


def _gif_end(data: bytes) -> int:
	if data[6:8] in (b"/*", b"//") or data[6:7] == b"=":
		# a width that begins a script's comment or assignment
		raise Damaged("gif")
	at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
	while True:
		block = data[at]
		if block == 0x3B:
			return at + 1
		if block == 0x21:
			at += 2
		elif block == 0x2C:
			flags = data[at + 9]
			at += 10 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0) + 1
		else:
			raise Damaged("gif")
		while length := data[at]:
			at += length + 1
		at += 1


def _webp_end(data: bytes) -> int:
	(size,) = struct.unpack_from("<I", data, 4)
	if size + 8 > len(data) or size < 4:
		raise Damaged("webp")
	return int(size + 8 + (size & 1))


def _bmp_end(data: bytes) -> int:
	(size,) = struct.unpack_from("<I", data, 2)
	(header,) = struct.unpack_from("<I", data, 14)
	if header not in (12, 40, 52, 56, 64, 108, 124) or not 26 <= size <= len(data):
		raise Damaged("bmp")
	return int(size)


_ENDS = {"png": _png_end, "jpeg": _jpeg_end, "gif": _gif_end, "webp": _webp_end, "bmp": _bmp_end}


def _webp_pixels(data: bytes) -> tuple[int, int]:
	name = data[12:16]
	if name == b"VP8X":
		return (
			int.from_bytes(data[24:27], "little") + 1,
			int.from_bytes(data[27:30], "little") + 1,
		)
	if name == b"VP8L":
		(bits,) = struct.unpack_from("<I", data, 21)
		return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
	if name == b"VP8 ":
		width, height = struct.unpack_from("<HH", data, 26)
		return width & 0x3FFF, height & 0x3FFF
	raise Damaged("webp")


def _tiff_pixels(data: bytes) -> tuple[int, int]:
	order = "<" if data[:2] == b"II" else ">"
	(at,) = struct.unpack_from(order + "I", data, 4)
	(count,) = struct.unpack_from(order + "H", data, at)
	found = {}
	for n in range(min(count, 200)):
		tag, kind = struct.unpack_from(order + "HH", data, at + 2 + 12 * n)
		if tag in (256, 257):
			(found[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, at + 10 + 12 * n)
	if len(found) != 2:
		raise Damaged("tiff")
	return found[256], found[257]
