package ai.model_registry_test

import data.ai.model_registry

# A record that nothing is said against.
clean := {
	"id": "helper",
	"name": "Helper",
	"owner": "team-a",
	"contact": "team-a@example.com",
	"deployment": {"environment": "production", "regions": ["eu-west-1"], "endpoint": "https://example.com/v1"},
	"classification": {
		"purpose": "customer-support",
		"data_sensitivity": "internal",
		"risk_tier": "low",
		"eu_ai_act_tier": "limited",
		"affected_parties": ["customers"],
	},
	"model": {"type": "llm", "base_model": "model-1", "provider": "vendor", "version_pinned": true},
	"data": {"training_sources": "none-fine-tuning", "rag_sources": []},
	"governance": {
		"impact_assessment_id": "IA-2026-001",
		"last_reviewed": "2026-01-15",
		"approved_by": ["cto", "dpo", "security"],
	},
	"lifecycle": {"stage": "production", "decommission_date": null},
}

changed(changes) := object.union(clean, changes)

without(path) := json.remove(clean, [path])

denies(record, text) if {
	some message in model_registry.deny with input as record
	contains(message, text)
}

warns(record, text) if {
	some message in model_registry.warn with input as record
	contains(message, text)
}

silent(record) if {
	count(model_registry.deny) == 0 with input as record
	count(model_registry.warn) == 0 with input as record
}

# What counts as absent where a text is asked for.
blanks := [null, "", "  ", 0, false, [], {}]

classified(sensitivity, tier) := {"data_sensitivity": sensitivity, "risk_tier": tier}

# The whole

test_clean_record_is_allowed if {
	silent(clean)
	model_registry.allow with input as clean
}

test_nothing_is_not_allowed_in_production if {
	not model_registry.allow with input as {"lifecycle": {"stage": "production"}}
	not model_registry.allow with input as {"deployment": {"environment": "production"}}
}

# All that can be wrong, in a system that nobody uses yet.
worst_draft(sensitivity, tier) := {
	"deployment": {"environment": "development"},
	"lifecycle": {"stage": "draft"},
	"classification": object.union(classified(sensitivity, tier), {"eu_ai_act_tier": "high"}),
	"data": {"training_sources": [{"pii": true}], "rag_sources": [{"pii": true}], "logs": {"captured": ["prompts"]}},
	"facts": {"today": "2026-11-24", "review": {"due": "2026-01-01"}},
}

test_drafts_are_left_alone if {
	silent({})
	every sensitivity in ["internal", "pii", "special_category", "unknown"] {
		every tier in ["low", "high", "critical", "unknown"] {
			every assessment in [null, {"stale": [{"path": "model.base_model"}], "decision": "decline"}] {
				facts := {"facts": {"assessment": assessment}}
				silent(object.union(worst_draft(sensitivity, tier), facts))
			}
		}
	}
}

test_message_without_an_id if denies(
	json.remove(changed({"governance": {"last_reviewed": null}}), ["id"]),
	`model "" has no review date`,
)

test_sections_of_a_wrong_type_never_allow if {
	every section in ["deployment", "classification", "governance"] {
		every value in [null, "", "text", 3, [], true] {
			not model_registry.allow with input as object.union(clean, {section: value})
		}
	}
}

# pii-needs-assessment

pii := {"classification": classified("pii", "low")}

test_pii_with_assessment if silent(changed(pii))

test_pii_without_assessment if {
	record := json.remove(changed(pii), ["governance/impact_assessment_id"])
	denies(record, `model "helper" handles PII but has no impact assessment`)
}

test_pii_with_blank_assessment if {
	every blank in blanks {
		record := object.union(changed(pii), {"governance": {"impact_assessment_id": blank}})
		denies(record, "handles PII but has no impact assessment")
	}
}

test_pii_speaks_in_the_production_environment_only if {
	every environment in ["development", "staging"] {
		record := changed({
			"classification": classified("pii", "low"),
			"deployment": {"environment": environment},
			"governance": {"impact_assessment_id": null},
		})
		not denies(record, "handles PII but")
	}
}

# high-risk-needs-dpo

high := {"classification": classified("internal", "high")}

test_high_risk_with_dpo if silent(changed(high))

test_high_risk_without_approvals if {
	record := json.remove(changed(high), ["governance/approved_by"])
	denies(record, `high-risk model "helper" missing DPO approval`)
}

test_high_risk_with_what_is_no_list_of_approvals if {
	every value in [null, "", "dpo", {"role": "dpo"}, {"dpo": true}, 7, [], ["cto"], ["DPO"], [["dpo"]]] {
		record := json.patch(changed(high), [{"op": "replace", "path": "governance/approved_by", "value": value}])
		denies(record, `high-risk model "helper" missing DPO approval`)
	}
}

test_high_risk_speaks_in_the_production_environment_only if {
	record := changed({
		"classification": classified("internal", "high"),
		"deployment": {"environment": "staging"},
		"governance": {"approved_by": ["security"]},
	})
	not denies(record, "high-risk model")
}

test_high_risk_without_governance if denies(json.remove(changed(high), ["governance"]), "missing DPO approval")

# production-needs-review-date

test_review_date_missing if {
	denies(without("governance/last_reviewed"), `model "helper" has no review date`)
	denies(without("governance"), `model "helper" has no review date`)
}

test_review_date_blank if {
	every blank in blanks {
		denies(changed({"governance": {"last_reviewed": blank}}), `model "helper" has no review date`)
	}
}

test_review_date_is_asked_by_stage if {
	canary := changed({"lifecycle": {"stage": "canary"}, "governance": {"last_reviewed": null}})
	not denies(canary, "has no review date")
}

# Further approvals

test_special_category_needs_assessment_in_either_production if {
	special := {"classification": classified("special_category", "low"), "governance": {"impact_assessment_id": ""}}
	denies(changed(special), "handles special-category data but has no impact assessment")
	silent(changed({"classification": classified("special_category", "low")}))
	staged := object.union(changed(special), {"deployment": {"environment": "staging"}})
	denies(staged, "handles special-category data but has no impact assessment")
}

test_critical_risk_needs_dpo_and_security if {
	critical := {"classification": classified("internal", "critical")}
	silent(changed(critical))
	no_dpo := object.union(changed(critical), {"governance": {"approved_by": ["cto", "security"]}})
	denies(no_dpo, `critical-risk model "helper" missing DPO approval`)
	no_security := object.union(changed(critical), {"governance": {"approved_by": ["cto", "dpo"]}})
	denies(no_security, `critical-risk model "helper" missing security approval`)
	every value in [null, "security", {"role": "security"}] {
		patch := [{"op": "replace", "path": "governance/approved_by", "value": value}]
		denies(json.patch(changed(critical), patch), "missing security approval")
	}
}

test_high_risk_without_security_is_a_warning if {
	record := object.union(changed(high), {"governance": {"approved_by": ["cto", "dpo"]}})
	warns(record, `high-risk model "helper" missing security approval`)
	model_registry.allow with input as record
	silent(changed({"governance": {"approved_by": ["cto", "dpo"]}}))
}

test_personal_data_needs_dpo if {
	silent(changed({"governance": {"approved_by": ["cto"]}}))
	every sensitivity in ["pii", "special_category"] {
		record := changed({
			"classification": classified(sensitivity, "low"),
			"governance": {"approved_by": ["cto"]},
		})
		denies(record, "handles personal data and is missing DPO approval")
	}
}

test_missing_dpo_is_said_once if {
	every tier in ["high", "critical"] {
		record := changed({"classification": classified("pii", tier), "governance": {"approved_by": ["security"]}})
		count([message | some message in model_registry.deny; contains(message, "DPO")]) == 1 with input as record
	}
}

test_missing_dpo_is_said_where_the_high_risk_rule_is_silent if {
	record := changed({
		"deployment": {"environment": "staging"},
		"classification": classified("pii", "high"),
		"governance": {"approved_by": []},
	})
	denies(record, "handles personal data and is missing DPO approval")
}

# What the record has to say

test_prohibited_at_every_stage_but_retired if {
	prohibited := {"classification": {"eu_ai_act_tier": "prohibited"}}
	every stage in ["draft", "assessment", "approved", "canary", "production", "suspended"] {
		denies(object.union(prohibited, {"lifecycle": {"stage": stage}}), "prohibited practice")
	}
	denies(prohibited, "prohibited practice")
	not denies(object.union(prohibited, {"lifecycle": {"stage": "retired"}}), "prohibited practice")
}

test_unknown_environment_and_stage if {
	denies(changed({"deployment": {"environment": "Production"}}), "unknown environment")
	denies({"lifecycle": {"stage": "live"}}, "unknown lifecycle stage")
	denies(changed({"lifecycle": {"stage": "live"}}), "unknown lifecycle stage")
}

test_stage_production_elsewhere_than_in_production if {
	denies(changed({"deployment": {"environment": "staging"}}), "but its environment is not")
	not denies(changed({"lifecycle": {"stage": "canary"}}), "but its environment is not")
}

test_unclassified if {
	denies(without("classification"), "is not classified by EU AI Act tier, data sensitivity, risk tier")
	denies(changed({"classification": {"risk_tier": "High"}}), "is not classified by risk tier")
	denies(without("classification/data_sensitivity"), "is not classified by data sensitivity")
	denies(changed({"classification": {"eu_ai_act_tier": null}}), "is not classified by EU AI Act tier")
}

test_texts_that_block if {
	every expected in [
		["has no owner", "owner"],
		["has no contact", "contact"],
		["has no stated purpose", "classification/purpose"],
	] {
		denies(without(expected[1]), expected[0])
		every blank in blanks {
			patch := [{"op": "replace", "path": expected[1], "value": blank}]
			denies(json.patch(clean, patch), expected[0])
		}
	}
}

test_base_model_missing_is_a_warning if {
	warns(without("model/base_model"), "does not name its base model")
	model_registry.allow with input as without("model/base_model")
	every blank in blanks {
		warns(changed({"model": {"base_model": blank}}), "does not name its base model")
	}
}

test_version_not_pinned_blocks_from_high_risk_on if {
	every tier in ["high", "critical"] {
		every value in [false, null, "true", 1] {
			record := object.union(changed({"classification": {"risk_tier": tier}}), {"model": {"version_pinned": value}})
			denies(record, "does not pin its version")
			not warns(record, "does not pin its version")
		}
	}
}

test_version_not_pinned_warns_below_high_risk if {
	every tier in ["low", "medium"] {
		record := json.remove(changed({"classification": {"risk_tier": tier}}), ["model/version_pinned"])
		warns(record, "does not pin its version")
		model_registry.allow with input as record
	}
}
