package ai.model_registry_facts_test

import data.ai.model_registry
import data.ai.model_registry_test.clean

approved := {"ref": "IA-2026-001", "version": 1, "decision": "accept", "residual": "low", "stale": []}

with_facts(facts) := object.union(clean, {"facts": facts})

assessed(changes) := with_facts({"assessment": object.union(approved, changes)})

said(record) := messages if messages := model_registry.deny with input as record

test_without_facts_the_rules_are_silent if {
	said(clean) == set()
	said(with_facts({})) == set()
	said(with_facts({"today": "2026-11-24"})) == set()
}

test_facts_of_a_healthy_system if {
	facts := {"today": "2026-11-24", "review": {"due": "2026-12-01"}, "assessment": approved, "signoffs": {}}
	said(with_facts(facts)) == set()
}

test_no_approved_assessment if {
	every value in [null, "IA-2026-001", []] {
		said(with_facts({"assessment": value})) == {`model "helper" has no approved impact assessment`}
	}
}

test_a_missing_assessment_is_said_once if {
	every sensitivity in ["pii", "special_category"] {
		record := object.union(with_facts({"assessment": null}), {
			"classification": {"data_sensitivity": sensitivity},
			"governance": {"impact_assessment_id": null},
		})
		count(said(record)) == 1
	}
}

test_a_missing_assessment_is_said_by_somebody if {
	every sensitivity in ["internal", "pii", "special_category"] {
		every environment in ["staging", "production"] {
			record := object.union(with_facts({"assessment": null}), {
				"deployment": {"environment": environment},
				"classification": {"data_sensitivity": sensitivity},
				"governance": {"impact_assessment_id": null},
			})
			some message in said(record)
			contains(message, "impact assessment")
		}
	}
}

test_a_claimed_assessment_that_is_not_approved if {
	every sensitivity in ["pii", "special_category"] {
		record := object.union(with_facts({"assessment": null}), {"classification": {"data_sensitivity": sensitivity}})
		said(record) == {`model "helper" has no approved impact assessment`}
	}
}

test_assessment_older_than_a_material_change if {
	record := assessed({"stale": [{"path": "model.base_model"}, {"path": "classification.purpose"}]})
	said(record) == {`model "helper" changed since its assessment was approved: classification.purpose, model.base_model`}
}

test_changes_of_a_wrong_type_count if count(said(assessed({"stale": "model.base_model"}))) == 1

test_a_change_without_a_path_counts if count(said(assessed({"stale": [{}]}))) == 1

test_residual_risk_by_level if {
	every level in ["low", "moderate", "high"] {
		said(assessed({"residual": level})) == set()
	}
	said(assessed({"residual": "very_high"})) == {`model "helper": its residual risk is very high`}
	said(assessed({"residual": null})) == {`model "helper": its assessment states no residual risk`}
}

test_residual_risk_by_decision if {
	said(assessed({"decision": "mitigate"})) == set()
	said(assessed({"decision": "decline"})) == {`model "helper": its assessment decided against it`}
	said(assessed({"decision": "maybe"})) == {`model "helper": its assessment holds no decision to go ahead`}
}

reviewed(due) := with_facts({"today": "2026-11-24", "review": {"due": due}})

test_review_due if {
	said(reviewed("2026-11-23")) == {`the review of model "helper" was due on 2026-11-23`}
	said(reviewed("2026-11-24")) == set()
	said(reviewed("2026-11-25")) == set()
	said(reviewed(null)) == set()
}
