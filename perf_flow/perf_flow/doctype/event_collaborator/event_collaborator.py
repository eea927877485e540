from frappe.model.document import Document


class EventCollaborator(Document):
	pass
