# METADATA
# scope: package
# title: Who must sign
# description: |
#   Asked with {"subject": "system" or "assessment", "record": …, "assessment": …}, `required` answers with
#   one object for each role that must sign, and why. Whoever must sign less than before is written here,
#   not in the portal's code.
package ai.signoffs

required contains {"role": role, "why": why} if {
	some role in {"cto", "dpo", "security"}
	reasons := [reason | some reason in reasons_of[role]]
	count(reasons) > 0
	why := concat("; ", sort(reasons))
}

reasons_of := {
	"cto": cto,
	"dpo": dpo,
	"security": security,
}

# Whatever is not plainly an assessment is signed as a system.
default is_assessment := false

is_assessment if input.subject == "assessment"

# METADATA
# title: The CTO signs every system
# description: |
#   The CTO answers for what runs in production. An assessment judges harm to people; it is not the CTO's to approve.
cto contains "answers for every system in production" if not is_assessment

# METADATA
# title: The DPO signs every assessment, and systems that can harm people or hold their data
dpo contains "approves every impact assessment" if is_assessment

dpo contains "the system handles personal data" if {
	not is_assessment
	sensitivity == "pii"
}

dpo contains "the system handles special-category data" if {
	not is_assessment
	sensitivity == "special_category"
}

dpo contains reason if {
	not is_assessment
	some reason in high_risk
}

dpo contains "the data sensitivity is not stated" if {
	not is_assessment
	not sensitivity in {"public", "internal", "confidential", "pii", "special_category"}
}

# METADATA
# title: The security officer signs high-risk systems, and the assessment of critical ones
security contains reason if {
	not is_assessment
	some reason in high_risk
}

security contains reason if {
	is_assessment
	not risk_tier == "high"
	some reason in high_risk
}

sensitivity := object.get(input, ["record", "classification", "data_sensitivity"], null)

risk_tier := object.get(input, ["record", "classification", "risk_tier"], null)

high_risk contains sprintf("the risk tier is %s", [risk_tier]) if risk_tier in {"high", "critical"}

# A tier that nobody stated is treated as the worst, not as none.
high_risk contains "the risk tier is not stated" if not risk_tier in {"low", "medium", "high", "critical"}
