"""The engine over any history, without ERPNext: files of past events in, the brief out."""
