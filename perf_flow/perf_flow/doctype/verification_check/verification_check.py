from frappe.model.document import Document


class VerificationCheck(Document):
	pass
