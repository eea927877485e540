from frappe.model.document import Document


class RootCauseEventType(Document):
	pass
