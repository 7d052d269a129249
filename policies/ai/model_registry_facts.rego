# What only the portal knows about a record, as `input.facts`. Where a fact is absent, as on the command line
# and in an agent, its rules are silent. The package is described in model_registry.rego.
package ai.model_registry

# A record that claims no assessment either has been asked for one by its sensitivity already.
assessment_already_asked if {
	input.deployment.environment == "production"
	input.classification.data_sensitivity == "pii"
	not "assessment" in shown
}

assessment_already_asked if {
	input.classification.data_sensitivity == "special_category"
	not "assessment" in shown
}

# METADATA
# title: An impact assessment is approved
# description: |
#   Every system needs an approved assessment of what it can do to people, whatever its data and its risk.
# custom:
#   id: assessment-approved
#   control: A.5.3
#   severity: blocker
#   fix: Open the system's page, start an impact assessment and have it approved.
deny contains msg if {
	type_name(input.facts.assessment) != "object" # the portal says null where there is none
	going_live
	not assessment_already_asked
	msg := sprintf("model %q has no approved impact assessment", [system_id])
}

# METADATA
# title: The impact assessment is newer than the last material change
# description: |
#   What was assessed is no longer what would run. The assessment has to be looked at again in the light of
#   what changed.
# custom:
#   id: assessment-current
#   control: A.5.2
#   severity: blocker
#   fix: Open the system's assessment, start a new version and have it approved.
deny contains msg if {
	is_object(input.facts.assessment)
	going_live
	count(changed_since_assessment) > 0
	msg := sprintf("model %q changed since its assessment was approved: %s", [
		system_id,
		concat(", ", sort(changed_since_assessment)),
	])
}

changed_since_assessment contains path if {
	is_array(input.facts.assessment.stale)
	some change in input.facts.assessment.stale
	path := sprintf("%v", [part(change, "path")])
}

changed_since_assessment contains "in a way that cannot be read" if {
	not is_array(object.get(input, ["facts", "assessment", "stale"], []))
}

# METADATA
# title: The residual risk is accepted
# description: |
#   The assessment decides whether the company goes ahead. It did not, or what is left after all mitigations
#   is more than anybody may accept.
# custom:
#   id: residual-risk-accepted
#   control: A.5.2
#   severity: blocker
#   fix: Add mitigations in a new version of the assessment until the residual risk can be accepted.
deny contains msg if {
	is_object(input.facts.assessment)
	going_live
	some objection in residual_objections
	msg := sprintf("model %q: %s", [system_id, objection])
}

residual_objections contains "its assessment decided against it" if input.facts.assessment.decision == "decline"

residual_objections contains "its assessment holds no decision to go ahead" if {
	not object.get(input, ["facts", "assessment", "decision"], null) in {"accept", "mitigate", "decline"}
}

residual_objections contains "its residual risk is very high" if input.facts.assessment.residual == "very_high"

residual_objections contains "its assessment states no residual risk" if {
	not object.get(input, ["facts", "assessment", "residual"], null) in {"low", "moderate", "high", "very_high"}
}

# METADATA
# title: The review is not overdue
# description: |
#   Each system is looked at again within its review interval; this one was due and has not been.
# custom:
#   id: review-not-overdue
#   control: A.6.2.6
#   severity: blocker
#   fix: Complete the review on the system's page.
deny contains msg if {
	is_string(input.facts.today)
	is_string(input.facts.review.due)
	input.facts.review.due < input.facts.today
	going_live
	msg := sprintf("the review of model %q was due on %s", [system_id, input.facts.review.due])
}
