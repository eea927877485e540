from frappe.model.document import Document


class EvidenceRequirement(Document):
	pass
