# METADATA
# scope: package
# title: Who must sign
# description: |
#   Asked with {"subject": "system" or "assessment", "record": …, "assessment": …}, `required` answers with
#   one object for each reason why a role must sign; a role may have several. Whoever must sign less than
#   before is written here, not in the portal's code. Asked with {"record": …, "waiver": {"kind": …, "days":
#   …}}, `waiver` answers in the same way who must sign that a task waits for so many days.
package ai.signoffs

# Whatever is not plainly an assessment is signed as a system.
default is_assessment := false

is_assessment if input.subject == "assessment"

risk_tier := object.get(input, ["record", "classification", "risk_tier"], null)

sensitivity := object.get(input, ["record", "classification", "data_sensitivity"], null)

# METADATA
# title: The CTO signs every system
# description: |
#   The CTO answers for what runs in production. An assessment judges harm to people; it is not the CTO's to approve.
required contains {"role": "cto", "why": "the CTO answers for every system in production"} if not is_assessment

# METADATA
# title: The DPO signs every assessment
required contains {"role": "dpo", "why": "the DPO approves every impact assessment"} if is_assessment

# METADATA
# title: DPO and security sign what can do much harm, and security the assessment of the worst of it
required contains {"role": role, "why": "the risk tier is high"} if {
	risk_tier == "high"
	not is_assessment
	some role in ["dpo", "security"]
}

required contains {"role": role, "why": "the risk tier is critical"} if {
	risk_tier == "critical"
	some role in who_signs_the_worst
}

# A tier that nobody stated is treated as the worst, not as none.
required contains {"role": role, "why": "the risk tier is not stated"} if {
	not risk_tier in ["low", "medium", "high", "critical"]
	some role in who_signs_the_worst
}

# The DPO approves every assessment anyway.
who_signs_the_worst := ["security"] if is_assessment

who_signs_the_worst := ["dpo", "security"] if not is_assessment

# METADATA
# title: The DPO signs systems that hold people's data
required contains {"role": "dpo", "why": "the system handles personal data"} if {
	sensitivity == "pii"
	not is_assessment
}

required contains {"role": "dpo", "why": "the system handles special-category data"} if {
	sensitivity == "special_category"
	not is_assessment
}

required contains {"role": "dpo", "why": "the data sensitivity is not stated"} if {
	not sensitivity in ["public", "internal", "confidential", "pii", "special_category"]
	not is_assessment
}

# METADATA
# title: Whoever watches over a matter decides whether it may wait
# description: |
#   A kind of task that the table does not know, such as a company's own, is waived by all three.
waiver contains {"role": role, "why": "watches over what would be put off"} if some role in waived_by

default waived_by := ["cto", "dpo", "security"]

waived_by := waiver_signers[input.waiver.kind]

waiver_signers := {
	"data-governance": ["dpo"],
	"impact-assessment": ["cto", "dpo"],
	"log-policy": ["dpo", "security"],
	"monitoring": ["cto"],
	"sign-off-cto": ["cto"],
	"sign-off-dpo": ["dpo"],
	"sign-off-security": ["security"],
	"supplier-review": ["cto", "security"],
}
