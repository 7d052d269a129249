package ai.signoffs_test

import data.ai.signoffs

system(sensitivity, tier) := {
	"subject": "system",
	"record": {"classification": {"data_sensitivity": sensitivity, "risk_tier": tier}},
	"assessment": null,
}

roles(question) := {entry.role | some entry in signoffs.required with input as question}

why(question, role) := {entry.why |
	some entry in signoffs.required with input as question
	entry.role == role
}

test_system_of_no_concern if {
	every sensitivity in ["public", "internal", "confidential"] {
		every tier in ["low", "medium"] {
			roles(system(sensitivity, tier)) == {"cto"}
		}
	}
}

test_personal_data_needs_dpo if {
	every sensitivity in ["pii", "special_category"] {
		roles(system(sensitivity, "low")) == {"cto", "dpo"}
	}
}

test_high_risk_needs_all_three if {
	every tier in ["high", "critical"] {
		roles(system("internal", tier)) == {"cto", "dpo", "security"}
	}
}

test_each_reason_is_given if {
	why(system("pii", "high"), "dpo") == {"the risk tier is high", "the system handles personal data"}
	why(system("pii", "high"), "cto") == {"the CTO answers for every system in production"}
}

test_unstated_classification_asks_everybody if {
	all_three := {"cto", "dpo", "security"}
	roles({"subject": "system", "record": {}}) == all_three
	roles({"subject": "system"}) == all_three
	roles(system("internal", "High")) == all_three
	roles(system("PII", "low")) == {"cto", "dpo"}
}

test_unknown_subject_is_signed_as_a_system if {
	roles({}) == {"cto", "dpo", "security"}
	roles({"subject": "change"}) == {"cto", "dpo", "security"}
}

assessment(tier) := object.union(system("pii", tier), {"subject": "assessment"})

test_assessment_needs_dpo if {
	every tier in ["low", "medium", "high"] {
		roles(assessment(tier)) == {"dpo"}
	}
}

test_assessment_gives_its_own_reasons if {
	why(assessment("high"), "dpo") == {"the DPO approves every impact assessment"}
	every sensitivity in [null, "special_category"] {
		question := object.union(system(sensitivity, "low"), {"subject": "assessment"})
		why(question, "dpo") == {"the DPO approves every impact assessment"}
	}
	why(system("internal", "critical"), "security") == {"the risk tier is critical"}
}

test_assessment_of_critical_risk_needs_security_too if roles(assessment("critical")) == {"dpo", "security"}

waives(kind) := {entry.role | some entry in signoffs.waiver with input as {"record": {}, "waiver": {"kind": kind, "days": 30}}}

test_waiver_is_signed_by_who_watches_over_it if {
	waives("data-governance") == {"dpo"}
	waives("impact-assessment") == {"cto", "dpo"}
	waives("sign-off-security") == {"security"}
}

test_unknown_waiver_is_signed_by_all if {
	waives("works-council") == {"cto", "dpo", "security"}
	waives(null) == {"cto", "dpo", "security"}
	{entry.role | some entry in signoffs.waiver with input as {}} == {"cto", "dpo", "security"}
}
