package ai.materiality_test

import data.ai.materiality

all_of_it := {"assessment", "cto", "dpo", "security"}

undone(path) := {entry.what |
	some entry in materiality.stale with input as {
		"subject": "system",
		"changes": [{"path": path, "before": 1, "after": 2}],
	}
}

test_everything if {
	every path in [
		"classification",
		"classification.purpose",
		"classification.data_sensitivity",
		"classification.risk_tier",
		"classification.eu_ai_act_tier",
		"classification.affected_parties[0]",
		"model.base_model",
		"model.version_pinned",
		"data.training_sources",
		"data.training_sources[1].license",
		"data.rag_sources.0.location",
	] {
		undone(path) == all_of_it
	}
}

test_some if {
	undone("deployment.regions") == {"assessment", "dpo", "security"}
	undone("deployment.regions[0]") == {"assessment", "dpo", "security"}
	undone("deployment.endpoint") == {"security"}
	undone("data.logs.retention_days") == {"dpo", "security"}
	undone("owner") == {"cto", "dpo"}
	undone("in_scope") == {"cto", "dpo"}
}

test_nothing if {
	every path in [
		"name",
		"contact",
		"deployment.environment",
		"governance.review_interval_days",
		"lifecycle.decommission_date",
		"governance.impact_assessment_id",
		"governance.last_reviewed",
		"governance.approved_by",
		"governance.approved_by[0]",
		"lifecycle.stage",
	] {
		undone(path) == set()
	}
}

test_what_the_assessment_says if {
	undone("assessment") == {"cto", "dpo", "security"}
	undone("assessment.impacts[2].residual") == {"cto", "dpo", "security"}
	undone("assessment.ref") == set()
	undone("assessment.version") == set()
	undone("assessment.versions") == {"cto", "dpo", "security"}
}

test_unknown_paths_are_material if {
	every path in ["", "new_field", "names", "deployment", "deployment.replicas", "governance", "modelling.x", "data"] {
		undone(path) == all_of_it
	}
}

test_unreadable_changes_are_material if {
	every changes in [null, "name", [3], [null], [{}], [{"path": 7}], {"path": "name"}] {
		count(materiality.stale) == 4 with input as {"changes": changes}
	}
	count(materiality.stale) == 4 with input as {}
}

test_no_change_undoes_nothing if materiality.stale == set() with input as {"changes": []}

test_each_change_is_named if {
	changes := [{"path": "name"}, {"path": "deployment.endpoint"}, {"path": "data.logs.readers"}]
	materiality.stale == {
		{"what": "security", "path": "deployment.endpoint"},
		{"what": "security", "path": "data.logs.readers"},
		{"what": "dpo", "path": "data.logs.readers"},
	} with input as {"changes": changes}
}
