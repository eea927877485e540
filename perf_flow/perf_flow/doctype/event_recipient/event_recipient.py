from frappe.model.document import Document


class EventRecipient(Document):
	pass
