"""Ready event types, one file for each industry. Read by ``perf_flow.flow.templates``.

A file names its ``industry``, defines ``event_types`` and lists under ``shared`` the keys of event
types of other files that belong to this industry as well. Texts are English; their translations are
in ``perf_flow/translations``. A key is never changed or given to another event type: the types made
from it remember it.
"""
