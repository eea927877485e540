"""A score sheet as people keep it in Excel, read into people, dimensions, sub-dimensions, weights, targets, comments.

``read(grids)`` finds the tables on each sheet and says of every column what it holds, of every row what it is, and of
whatever it is not sure of in which cell it stands and how to mend it. Nothing here opens files
(``perf_flow.engine.workbook`` does) and nothing knows a site.
"""

from perf_flow.engine.score_sheet.grid import Cell, Grid, Range, letters
from perf_flow.engine.score_sheet.model import (
	Column,
	Comment,
	Entry,
	Issue,
	Person,
	Reading,
	RowKind,
	Severity,
	SheetReading,
)
from perf_flow.engine.score_sheet.reading import Choices, read
from perf_flow.engine.score_sheet.roles import Role
from perf_flow.engine.score_sheet.values import Period, Target, folded, read_date, read_period

__all__ = [
	"Cell",
	"Choices",
	"Column",
	"Comment",
	"Entry",
	"Grid",
	"Issue",
	"Period",
	"Person",
	"Range",
	"Reading",
	"Role",
	"RowKind",
	"Severity",
	"SheetReading",
	"Target",
	"folded",
	"letters",
	"read",
	"read_date",
	"read_period",
]
