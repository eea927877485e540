from frappe.model.document import Document


class EventPilotScope(Document):
	pass
