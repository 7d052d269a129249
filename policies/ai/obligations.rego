# METADATA
# scope: package
# title: Which tasks an AI system calls for
# description: |
#   Asked with {"record": …, "facts": …}, `answer` says which tasks the system calls for (`asked`), which of
#   them the facts satisfy (`met`), and the last days on which that holds (`expires`). `catalogue` describes
#   every kind of task. The portal opens, closes, reopens and drops tasks by these answers and by nothing else.
#   A company adds a task of its own in a file of its own: one entry of `kinds` and one rule `asked`.
#   docs/obligations.md says how. A task that is met, or waived, opens no gate: the gate asks its own rules.
package ai.obligations

import data.ai.model_registry

answer := {"asked": asked, "met": met, "expires": expires}

# What is known of a kind of task. `action` says where it is seen to: "assess" (the impact assessment), "edit"
# (the record), "sign" (the decision page) or "confirm" (a person confirms on the task's page that it is so,
# and on which day that was checked). A confirmation counts for `valid_days`. A waiver lasts at most
# `waiver_days`; 0: it cannot be waived.
catalogue contains object.union(unless_said, kind) if some kind in kinds

unless_said := {
	"title": "",
	"todo": "",
	"control": "",
	"action": "confirm",
	"valid_days": 365,
	"waiver_days": 90,
}

kinds contains {
	"kind": "impact-assessment",
	"title": "Impact assessment",
	"todo": "Write down who could be harmed, how, and what is done about it, and have it approved. It is due again before the review interval ends, and when the system changes in a way that matters.",
	"control": "A.5.2",
	"action": "assess",
}

kinds contains {
	"kind": "data-governance",
	"title": "Data governance check",
	"todo": "Complete what the record says of its data: where training data comes from and under which licence, on which basis personal data is used, how long it is kept, and how it is erased on request.",
	"control": "A.7.2",
	"action": "edit",
}

kinds contains {
	"kind": "log-policy",
	"title": "Log policy",
	"todo": "Say in the record what is logged of prompts and responses, for how many days, and who may read it.",
	"control": "A.6.2.8",
	"action": "edit",
}

kinds contains {
	"kind": "monitoring",
	"title": "Monitoring in place",
	"todo": "See that somebody watches how the system does its work, with limits that raise an alarm, and confirm it here with the day on which you checked.",
	"control": "A.6.2.6",
	"valid_days": 180,
}

kinds contains {
	"kind": "supplier-review",
	"title": "Supplier review",
	"todo": "Review the supplier of the model: contract, data processing terms, security evidence, notice of changes. Confirm it here with the day of the review and where its result is kept.",
	"control": "A.10.3",
}

kinds contains {
	"kind": sprintf("sign-off-%s", [role]),
	"title": sprintf("Signature of the %s", [name]),
	"todo": sprintf("The %s reads the record and the assessment and decides about production.", [name]),
	"control": "A.6.2.5",
	"action": "sign",
	"waiver_days": 30,
} if {
	some role, name in signers
}

signers := {
	"cto": "chief technology officer",
	"dpo": "data protection officer",
	"security": "security officer",
}

# Whoever left the stage, or stands outside of the management system, calls for nothing.
in_charge if {
	not input.record.lifecycle.stage == "retired"
	not input.record.in_scope == false
}

asked contains {
	"kind": "impact-assessment",
	"why": assessment_why,
	"days": days_by_risk,
	"assignee": "owner",
} if {
	in_charge
}

asked contains {
	"kind": "data-governance",
	"why": saying("Every system accounts for the data that it learns from and looks up", data_gaps),
	"days": 30,
	"assignee": "owner",
} if {
	in_charge
}

asked contains {
	"kind": "log-policy",
	"why": saying("Logs hold whatever people type", log_gaps),
	"days": 30,
	"assignee": "owner",
} if {
	in_charge
}

asked contains {
	"kind": "monitoring",
	"why": "Whoever runs a system has to notice when it no longer does what it should.",
	"days": 60,
	"assignee": "owner",
} if {
	in_charge
}

asked contains {
	"kind": "supplier-review",
	"why": sprintf("The model comes from a supplier: %s.", [input.record.model.provider]),
	"days": 45,
	"assignee": "owner",
} if {
	in_charge
	model_registry.has_text(input.record.model.provider)
	not made_here
}

made_here if {
	is_string(input.record.model.provider)
	lower(input.record.model.provider) in {"in-house", "in house", "internal", "own", "none", "self"}
}

# Signatures are asked once there is something to sign: an approved assessment, beyond the draft. A role that
# sent back exactly what is there now has had its say; then it is the owner's turn.
asked contains {
	"kind": sprintf("sign-off-%s", [role]),
	"why": signature_why(role),
	"days": 7,
	"assignee": signature_turn(role),
} if {
	in_charge
	put_up
	some role in listed("required")
}

put_up if {
	input.record.lifecycle.stage in {"assessment", "approved", "canary", "production", "suspended"}
	is_object(input.facts.assessment)
}

met contains "impact-assessment" if {
	is_object(input.facts.assessment)
	count(changed_since) == 0
	not "review" in due_soon
}

met contains "data-governance" if count(data_gaps) == 0

met contains "log-policy" if count(log_gaps) == 0

met contains sprintf("sign-off-%s", [role]) if some role in listed("valid")

# Whatever is confirmed by a person holds for the days that its kind names.
met contains kind if {
	some kind, day in confirmed_until
	day >= input.facts.today
}

expires contains day if {
	some day in confirmed_until
	day >= input.facts.today
}

expires contains day_after(input.facts.review.due, 0 - (review_ahead + 1)) if {
	is_string(input.facts.review.due)
	not "review" in due_soon
}

# Assessment

default days_by_risk := 30

days_by_risk := 14 if input.record.classification.risk_tier in {"high", "critical"}

default assessment_why := "Nobody has assessed and approved yet how this system could affect people."

assessment_why := reason if {
	is_object(input.facts.assessment)
	count(changed_since) > 0
	reason := sprintf("The system changed since its assessment was approved: %s.", [concat(", ", sort(changed_since))])
}

assessment_why := reason if {
	is_object(input.facts.assessment)
	count(changed_since) == 0
	"review" in due_soon
	reason := sprintf("The next review is due on %s.", [input.facts.review.due])
}

assessment_why := "The assessment is approved, and nothing that matters changed since." if {
	is_object(input.facts.assessment)
	count(changed_since) == 0
	not "review" in due_soon
}

changed_since contains path if {
	is_array(input.facts.assessment.stale)
	some change in input.facts.assessment.stale
	path := sprintf("%v", [model_registry.part(change, "path")])
}

changed_since contains "in a way that cannot be read" if {
	not is_array(object.get(input, ["facts", "assessment", "stale"], []))
}

# A review asks for its time: where the interval leaves room, the task opens thirty days before it is due.
default review_ahead := 0

review_ahead := 30 if input.record.governance.review_interval_days >= 90

due_soon contains "review" if {
	is_string(input.facts.review.due)
	day_after(input.facts.review.due, 0 - review_ahead) <= input.facts.today
}

# Data

data_gaps contains "what the model was trained on" if not training_stated

training_stated if model_registry.has_text(input.record.data.training_sources)

training_stated if {
	is_array(input.record.data.training_sources)
	count(input.record.data.training_sources) > 0
}

data_gaps contains sprintf("%s of training source %s", [words[key], model_registry.label(source, place)]) if {
	is_array(input.record.data.training_sources)
	some place, source in input.record.data.training_sources
	some key in ["license", "source"]
	not model_registry.has_text(model_registry.part(source, key))
}

data_gaps contains sprintf("legal basis of training source %s", [model_registry.label(source, place)]) if {
	is_array(input.record.data.training_sources)
	some place, source in input.record.data.training_sources
	holds_personal_data(source)
	not model_registry.has_text(model_registry.part(source, "consent_basis"))
}

data_gaps contains sprintf("retention of retrieval source %s", [model_registry.label(source, place)]) if {
	is_array(input.record.data.rag_sources)
	some place, source in input.record.data.rag_sources
	holds_personal_data(source)
	not model_registry.is_days(model_registry.part(source, "retention_days"))
}

data_gaps contains sprintf("erasure procedure of retrieval source %s", [model_registry.label(source, place)]) if {
	is_array(input.record.data.rag_sources)
	some place, source in input.record.data.rag_sources
	holds_personal_data(source)
	not model_registry.has_text(model_registry.part(source, "erasure_procedure"))
}

words := {"license": "licence", "source": "origin"}

holds_personal_data(source) if not model_registry.part(source, "pii") in [false, null]

# Logs

log_gaps contains "what is logged" if {
	object.get(input, ["record", "data", "logs", "captured"], null) in [null, false, "", [], {}]
}

log_gaps contains "for how many days logs are kept" if {
	not model_registry.is_days(object.get(input, ["record", "data", "logs", "retention_days"], null))
}

log_gaps contains "who may read the logs" if {
	not model_registry.names_somebody(object.get(input, ["record", "data", "logs", "readers"], null))
}

saying(reason, gaps) := sprintf("%s.", [reason]) if {
	count(gaps) == 0
} else := sprintf("%s. The record does not say yet: %s.", [reason, concat("; ", sort(gaps))])

# Signatures

default listed(_) := []

listed(what) := input.facts.signoffs[what] if is_array(input.facts.signoffs[what])

signature_why(role) := "Sent back: answer what was asked, then it is put up again." if {
	role in listed("returned")
} else := "What was signed has changed since, in a way that matters to this role." if {
	role in listed("stale")
} else := "Policy asks this role before production."

signature_turn(role) := "owner" if {
	role in listed("returned")
} else := role

# Confirmations: facts.checks has the newest one of each kind, {"on": "2026-11-24", "in_place": true}.

confirmed_until[name] := day_after(check.on, kind.valid_days) if {
	is_object(input.facts.checks)
	some name, check in input.facts.checks
	check.in_place == true
	is_string(check.on)
	some kind in catalogue
	kind.kind == name
	kind.action == "confirm"
}

day_after(day, days) := substring(time.format(moved), 0, 10) if {
	start := time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [day]))
	moved := time.add_date(start, 0, 0, days)
}
