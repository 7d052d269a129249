package ai.obligations_test

import data.ai.obligations

# A system that is complete but for what people have to do: in production, so that everything is asked.
record := {
	"id": "helper",
	"in_scope": true,
	"classification": {"risk_tier": "low"},
	"model": {"provider": "anthropic"},
	"data": {
		"training_sources": "none-fine-tuning",
		"rag_sources": [{"name": "tickets", "pii": true, "retention_days": 30, "erasure_procedure": "Rebuild."}],
		"logs": {"captured": ["prompts"], "retention_days": 30, "readers": ["team"]},
	},
	"governance": {"review_interval_days": 365},
	"lifecycle": {"stage": "production"},
}

facts := {
	"today": "2026-11-24",
	"assessment": {"ref": "IA-2026-001", "stale": []},
	"review": {"due": "2027-10-01"},
	"signoffs": {"required": ["cto", "dpo"], "valid": ["cto"], "stale": [], "returned": []},
	"checks": {
		"monitoring": {"on": "2026-11-01", "in_place": true},
		"supplier-review": {"on": "2026-01-10", "in_place": true},
	},
}

changed(patch) := {"record": json.patch(record, patch), "facts": facts}

known(patch) := {"record": record, "facts": json.patch(facts, patch)}

asked(question) := {task.kind | some task in obligations.asked with input as question}

met(question) := kinds if kinds := obligations.met with input as question

task_of(question, kind) := found if {
	some found in obligations.asked with input as question
	found.kind == kind
}

duties := {"impact-assessment", "data-governance", "log-policy", "monitoring", "supplier-review"}

everything := duties | {"sign-off-cto", "sign-off-dpo"}

test_all_tasks_of_a_system_in_use if {
	asked(known([])) == everything
	met(known([])) == duties | {"sign-off-cto"}
}

test_answer_says_it_all if {
	answer := obligations.answer with input as known([])
	count(answer.asked) == 7
	count(answer.met) == 6
	answer.expires == {"2027-01-10", "2027-04-30", "2027-08-31"}
}

test_registered_asks_for_all_but_signatures if {
	asked({"record": {}, "facts": {}}) == duties - {"supplier-review"}
	met({"record": {}, "facts": {}}) == set()
	asked({}) == duties - {"supplier-review"}
	draft := [{"op": "replace", "path": "lifecycle/stage", "value": "draft"}]
	asked(changed(draft)) == duties
}

test_retired_and_out_of_scope_ask_for_nothing if {
	asked(changed([{"op": "replace", "path": "lifecycle/stage", "value": "retired"}])) == set()
	asked(changed([{"op": "replace", "path": "in_scope", "value": false}])) == set()
	asked(changed([{"op": "remove", "path": "in_scope"}])) == everything
}

test_every_task_is_described if {
	described := {kind.kind | some kind in obligations.catalogue}
	everything | {"sign-off-security"} == described
	every kind in obligations.catalogue {
		kind.title != ""
		kind.todo != ""
		kind.control != ""
		kind.action in {"assess", "edit", "sign", "confirm"}
		kind.waiver_days <= 90
	}
}

# Assessment

test_assessment_missing if {
	question := known([{"op": "replace", "path": "assessment", "value": null}])
	not "impact-assessment" in met(question)
	contains(task_of(question, "impact-assessment").why, "Nobody has assessed")
	asked(question) == duties # and there is nothing to sign yet
}

test_assessment_stale if {
	question := known([{"op": "replace", "path": "assessment/stale", "value": [{"path": "model.base_model"}]}])
	not "impact-assessment" in met(question)
	contains(task_of(question, "impact-assessment").why, "model.base_model")
}

test_assessment_that_cannot_be_read_is_not_met if {
	every stale in ["x", 3, {"a": "b"}] {
		not "impact-assessment" in met(known([{"op": "replace", "path": "assessment/stale", "value": stale}]))
	}
}

test_high_risk_is_sooner if {
	every tier in ["high", "critical"] {
		question := changed([{"op": "replace", "path": "classification/risk_tier", "value": tier}])
		task_of(question, "impact-assessment").days == 14
	}
	task_of(known([]), "impact-assessment").days == 30
}

test_review_opens_thirty_days_ahead if {
	"impact-assessment" in met(on("2027-08-31"))
	not "impact-assessment" in met(on("2027-09-01"))
	task_of(on("2027-09-01"), "impact-assessment").why == "The next review is due on 2027-10-01."
}

on(day) := known([{"op": "replace", "path": "today", "value": day}])

test_short_intervals_open_on_the_day_itself if {
	monthly := json.patch(record, [{"op": "replace", "path": "governance/review_interval_days", "value": 30}])
	before := {"record": monthly, "facts": json.patch(facts, [{"op": "replace", "path": "today", "value": "2027-09-30"}])}
	day := {"record": monthly, "facts": json.patch(facts, [{"op": "replace", "path": "today", "value": "2027-10-01"}])}
	"impact-assessment" in met(before)
	not "impact-assessment" in met(day)
}

# Data and logs

test_data_gaps_are_named if {
	every gap in [
		[{"op": "remove", "path": "data/training_sources"}, "what the model was trained on"],
		[{"op": "replace", "path": "data/training_sources", "value": ""}, "what the model was trained on"],
		[{"op": "replace", "path": "data/training_sources", "value": []}, "what the model was trained on"],
		[{"op": "replace", "path": "data/training_sources", "value": [{"name": "mail"}]}, `licence of training source "mail"`],
		[{"op": "replace", "path": "data/training_sources", "value": [7]}, "origin of training source number 1"],
		[
			{"op": "replace", "path": "data/training_sources", "value": [{"name": "mail", "pii": true}]},
			`legal basis of training source "mail"`,
		],
		[{"op": "remove", "path": "data/rag_sources/0/retention_days"}, `retention of retrieval source "tickets"`],
		[{"op": "replace", "path": "data/rag_sources/0/erasure_procedure", "value": " "}, `erasure procedure of retrieval source "tickets"`],
	] {
		question := changed([gap[0]])
		not "data-governance" in met(question)
		contains(task_of(question, "data-governance").why, gap[1])
	}
}

test_sources_without_personal_data_need_less if {
	plain := {"op": "replace", "path": "data/rag_sources", "value": [{"name": "handbook", "pii": false}, {"name": "prices"}]}
	"data-governance" in met(changed([plain]))
}

test_log_gaps_are_named if {
	every gap in [
		[{"op": "replace", "path": "data/logs/captured", "value": []}, "what is logged"],
		[{"op": "remove", "path": "data/logs"}, "what is logged"],
		[{"op": "replace", "path": "data/logs/retention_days", "value": 0}, "for how many days"],
		[{"op": "replace", "path": "data/logs/readers", "value": [""]}, "who may read"],
	] {
		question := changed([gap[0]])
		not "log-policy" in met(question)
		contains(task_of(question, "log-policy").why, gap[1])
	}
}

# Suppliers

test_supplier_only_where_there_is_one if {
	every provider in ["In-house", "own", "", " ", null, 7] {
		not "supplier-review" in asked(changed([{"op": "replace", "path": "model/provider", "value": provider}]))
	}
	not "supplier-review" in asked(changed([{"op": "remove", "path": "model"}]))
}

# Confirmations

test_confirmation_ends if {
	"monitoring" in met(on("2027-04-30"))
	not "monitoring" in met(on("2027-05-01"))
	"supplier-review" in met(on("2027-01-10"))
	not "supplier-review" in met(on("2027-01-11"))
}

test_confirmation_counts_only_if_in_place_and_readable if {
	every check in [null, "2026-11-01", {}, {"on": "2026-11-01"}, {"on": "2026-11-01", "in_place": false}, {"on": 3, "in_place": true}] {
		not "monitoring" in met(known([{"op": "replace", "path": "checks/monitoring", "value": check}]))
	}
	not "monitoring" in met(known([{"op": "remove", "path": "checks"}]))
}

# Signatures

test_signature_turns if {
	stale := known([{"op": "replace", "path": "signoffs/valid", "value": []}, {"op": "replace", "path": "signoffs/stale", "value": ["cto"]}])
	task_of(stale, "sign-off-cto").assignee == "cto"
	contains(task_of(stale, "sign-off-cto").why, "changed since")
	not "sign-off-cto" in met(stale)
	returned := known([{"op": "replace", "path": "signoffs/returned", "value": ["dpo"]}])
	task_of(returned, "sign-off-dpo").assignee == "owner"
	contains(task_of(returned, "sign-off-dpo").why, "Sent back")
	task_of(known([]), "sign-off-dpo") == {
		"kind": "sign-off-dpo",
		"why": "Policy asks this role before production.",
		"days": 7,
		"assignee": "dpo",
	}
}

test_nothing_to_sign_in_draft if {
	draft := changed([{"op": "replace", "path": "lifecycle/stage", "value": "draft"}])
	asked(draft) == duties
}

test_unreadable_signatures_ask_nobody if {
	every value in [null, "dpo", {"dpo": true}] {
		asked(known([{"op": "replace", "path": "signoffs/required", "value": value}])) == duties
	}
}
