"""Performance Flow: business events in the ERP become small, evidenced steps of performance work."""

__version__ = "0.1.0"
