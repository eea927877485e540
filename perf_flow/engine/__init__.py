"""The decisions of Performance Flow, in plain Python.

Nothing in this package imports frappe, erpnext or hrms, directly or through another module
(tests/engine/test_purity.py walks the imports). Time, identity and configuration come in as
arguments; facts, values and typed errors go out.
"""
