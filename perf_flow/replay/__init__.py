"""Replay: the engine over a history that lies in files, without ERPNext.

``run.replay_files`` reads workbooks, CSV files and XES event logs and gives a ``Brief``; ``cli`` is the command line
``perf-flow``. Nothing here imports frappe, erpnext or hrms.
"""
