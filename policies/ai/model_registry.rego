# METADATA
# scope: package
# title: What an AI system needs before production
# description: |
#   The registry's own rules: classification, owners, approvals, versions. Data rules stand in
#   model_registry_data.rego, rules about facts that only the portal knows in model_registry_facts.rego.
#   Every rule is written so that OPA and regorus agree on it, and so that missing, null and empty all
#   count as absent. docs/policies.md says how.
package ai.model_registry

# What blocks stands in `deny`, what only warns in `warn`, so that any OPA comes to the portal's verdict.
default allow := false

allow if count(deny) == 0

going_live if input.deployment.environment == "production"

going_live if input.lifecycle.stage == "production"

# What a record shows. A set is never undefined, so that `not "owner" in shown` means the same to every engine,
# and one set costs a third of what a rule for each of these costs.
shown contains "owner" if {
	is_string(input.owner)
	trim_space(input.owner) != ""
}

shown contains "contact" if {
	is_string(input.contact)
	trim_space(input.contact) != ""
}

shown contains "purpose" if {
	is_string(input.classification.purpose)
	trim_space(input.classification.purpose) != ""
}

shown contains "data sensitivity" if {
	input.classification.data_sensitivity in ["public", "internal", "confidential", "pii", "special_category"]
}

shown contains "risk tier" if input.classification.risk_tier in ["low", "medium", "high", "critical"]

shown contains "EU AI Act tier" if {
	input.classification.eu_ai_act_tier in ["out_of_scope", "minimal", "limited", "high", "prohibited"]
}

shown contains "base model" if {
	is_string(input.model.base_model)
	trim_space(input.model.base_model) != ""
}

shown contains "pinned version" if input.model.version_pinned == true

shown contains "assessment" if {
	is_string(input.governance.impact_assessment_id)
	trim_space(input.governance.impact_assessment_id) != ""
}

shown contains "review date" if {
	is_string(input.governance.last_reviewed)
	trim_space(input.governance.last_reviewed) != ""
}

shown contains "production throughout" if {
	input.deployment.environment == "production"
	input.lifecycle.stage == "production"
}

# Only a list can say who approved: in an object, or a text, "dpo" may mean anything.
shown contains "dpo" if {
	is_array(input.governance.approved_by)
	"dpo" in input.governance.approved_by
}

shown contains "security" if {
	is_array(input.governance.approved_by)
	"security" in input.governance.approved_by
}

default system_id := ""

system_id := input.id if is_string(input.id)

# The article's three

# METADATA
# title: Personal data is covered by an impact assessment
# description: |
#   A system that handles personal data can harm the people whose data it is. Nobody may run it before
#   somebody has written down who could be harmed, how, and what is done about it.
# custom:
#   id: pii-needs-assessment
#   control: A.5.3
#   severity: blocker
#   field: governance.impact_assessment_id
#   fix: Open the system's page, start an impact assessment and have it approved.
deny contains msg if {
	input.deployment.environment == "production"
	input.classification.data_sensitivity == "pii"
	not "assessment" in shown
	msg := sprintf("model %q handles PII but has no impact assessment", [system_id])
}

# METADATA
# title: The data protection officer approved a high-risk system
# description: |
#   A high-risk system needs the consent of somebody who answers for the people it affects and not for
#   the product.
# custom:
#   id: high-risk-needs-dpo
#   control: A.6.2.5
#   severity: blocker
#   field: governance.approved_by
#   fix: Submit the system on its page, so that the data protection officer can sign it.
deny contains msg if {
	input.deployment.environment == "production"
	input.classification.risk_tier == "high"
	not "dpo" in shown
	msg := sprintf("high-risk model %q missing DPO approval", [system_id])
}

# METADATA
# title: The system has been reviewed
# description: |
#   A system in production that nobody has looked at since an unknown day cannot be shown to be under
#   control.
# custom:
#   id: production-needs-review-date
#   control: A.6.2.6
#   severity: blocker
#   field: governance.last_reviewed
#   fix: Have the impact assessment approved, or complete a review on the system's page.
deny contains msg if {
	input.lifecycle.stage == "production"
	not "review date" in shown
	msg := sprintf("model %q has no review date", [system_id])
}

# Assessments and approvals beyond the article

# METADATA
# title: Special-category data is covered by an impact assessment
# description: |
#   Health, beliefs, origin, sexual life and biometrics are personal data of which the law thinks more
#   strictly (GDPR Art. 9 and 35).
# custom:
#   id: special-category-needs-assessment
#   control: A.5.3
#   severity: blocker
#   field: governance.impact_assessment_id
#   fix: Open the system's page, start an impact assessment and have it approved.
deny contains msg if {
	going_live
	input.classification.data_sensitivity == "special_category"
	not "assessment" in shown
	msg := sprintf("model %q handles special-category data but has no impact assessment", [system_id])
}

# METADATA
# title: The data protection officer approved a critical-risk system
# description: |
#   What holds for high risk holds all the more for critical risk.
# custom:
#   id: critical-risk-needs-dpo
#   control: A.6.2.5
#   severity: blocker
#   field: governance.approved_by
#   fix: Submit the system on its page, so that the data protection officer can sign it.
deny contains msg if {
	going_live
	input.classification.risk_tier == "critical"
	not "dpo" in shown
	msg := sprintf("critical-risk model %q missing DPO approval", [system_id])
}

# METADATA
# title: The security officer approved a critical-risk system
# description: |
#   At critical risk a breach or a manipulated model harms people directly, so security has to agree.
# custom:
#   id: critical-risk-needs-security
#   control: A.6.2.5
#   severity: blocker
#   field: governance.approved_by
#   fix: Submit the system on its page, so that the security officer can sign it.
deny contains msg if {
	going_live
	input.classification.risk_tier == "critical"
	not "security" in shown
	msg := sprintf("critical-risk model %q missing security approval", [system_id])
}

# METADATA
# title: The security officer approved a high-risk system
# description: |
#   The portal asks security to sign every high-risk system before production. A record that is checked
#   outside of the portal is only reminded of it.
# custom:
#   id: high-risk-needs-security
#   control: A.6.2.5
#   severity: warning
#   field: governance.approved_by
#   fix: Submit the system on its page, so that the security officer can sign it.
warn contains msg if {
	going_live
	input.classification.risk_tier == "high"
	not "security" in shown
	msg := sprintf("high-risk model %q missing security approval", [system_id])
}

personal_data if input.classification.data_sensitivity == "pii"

personal_data if input.classification.data_sensitivity == "special_category"

# High and critical risk have rules of their own that ask for the same signature.
dpo_asked_for_risk if input.classification.risk_tier == "critical"

dpo_asked_for_risk if {
	input.deployment.environment == "production"
	input.classification.risk_tier == "high"
}

# METADATA
# title: The data protection officer approved the use of personal data
# description: |
#   Whoever processes personal data needs the consent of the person who watches over it, at any risk.
# custom:
#   id: personal-data-needs-dpo
#   control: A.6.2.5
#   severity: blocker
#   field: governance.approved_by
#   fix: Submit the system on its page, so that the data protection officer can sign it.
deny contains msg if {
	going_live
	not "dpo" in shown
	personal_data
	not dpo_asked_for_risk
	msg := sprintf("model %q handles personal data and is missing DPO approval", [system_id])
}

# What the record has to say

# METADATA
# title: No prohibited practice
# description: |
#   Article 5 of the EU AI Act bans the practice altogether, so the system may not be worked on either.
# custom:
#   id: eu-ai-act-prohibited
#   control: A.9.2
#   severity: blocker
#   field: classification.eu_ai_act_tier
#   fix: Retire the system on its page, or correct its EU AI Act tier if the classification was wrong.
deny contains msg if {
	input.classification.eu_ai_act_tier == "prohibited"
	not input.lifecycle.stage == "retired"
	msg := sprintf("model %q is a prohibited practice under the EU AI Act", [system_id])
}

# METADATA
# title: Environment and stage are known words and agree
# description: |
#   Most rules speak in production only. A stage or environment that no rule knows, or a system that is in
#   production at one place of its record and not at the other, would slip past them.
# custom:
#   id: stage-is-consistent
#   control: A.4.2
#   severity: blocker
#   field: deployment.environment
#   fix: Correct the environment (development, staging, production) on the system's edit page.
deny contains msg if {
	not "production throughout" in shown # the common case, told apart cheaply
	some problem in stage_problems
	msg := sprintf("model %q %s", [system_id, problem])
}

stage_problems contains "has an unknown environment" if {
	environment := object.get(input, ["deployment", "environment"], null)
	not environment in [null, "", "development", "staging", "production"]
}

stage_problems contains "has an unknown lifecycle stage" if {
	stage := object.get(input, ["lifecycle", "stage"], null)
	not stage in [null, "", "draft", "assessment", "approved", "canary", "production", "suspended", "retired"]
}

stage_problems contains "is in stage production, but its environment is not" if {
	input.lifecycle.stage == "production"
	not input.deployment.environment == "production"
}

# METADATA
# title: Risk and data are classified
# description: |
#   Risk tier, data sensitivity and EU AI Act tier decide which rules apply. Where one of them is missing,
#   nothing that the other rules say can be relied on.
# custom:
#   id: classification-complete
#   control: A.5.2
#   severity: blocker
#   field: classification
#   fix: Choose the missing classification on the system's edit page.
deny contains msg if {
	going_live
	unclassified := {"data sensitivity", "risk tier", "EU AI Act tier"} - shown
	count(unclassified) > 0
	msg := sprintf("model %q is not classified by %s", [system_id, concat(", ", sort(unclassified))])
}

# METADATA
# title: A team owns the system
# description: |
#   Without an owner nobody answers for the system, and nobody gets its tasks.
# custom:
#   id: system-needs-owner
#   control: A.3.2
#   severity: blocker
#   field: owner
#   fix: Choose the owning team on the system's edit page.
deny contains msg if {
	going_live
	not "owner" in shown
	msg := sprintf("model %q has no owner", [system_id])
}

# METADATA
# title: The system has a contact
# description: |
#   Users, colleagues and authorities have to reach somebody when the system does harm.
# custom:
#   id: system-needs-contact
#   control: A.8.3
#   severity: blocker
#   field: contact
#   fix: Enter a contact address on the system's edit page.
deny contains msg if {
	going_live
	not "contact" in shown
	msg := sprintf("model %q has no contact", [system_id])
}

# METADATA
# title: The intended purpose is stated
# description: |
#   Risk, impact and approval are all judged for a purpose. Without one, nobody can say whether the system
#   is used as intended.
# custom:
#   id: system-needs-purpose
#   control: A.9.4
#   severity: blocker
#   field: classification.purpose
#   fix: Describe the purpose on the system's edit page.
deny contains msg if {
	going_live
	not "purpose" in shown
	msg := sprintf("model %q has no stated purpose", [system_id])
}

# METADATA
# title: The base model is named
# description: |
#   News about a base model, good or bad, can only be followed up by those who know that they use it.
# custom:
#   id: base-model-named
#   control: A.6.2.3
#   severity: warning
#   field: model.base_model
#   fix: Enter the base model on the system's edit page.
warn contains msg if {
	going_live
	not "base model" in shown
	msg := sprintf("model %q does not name its base model", [system_id])
}

high_or_critical if input.classification.risk_tier == "high"

high_or_critical if input.classification.risk_tier == "critical"

# METADATA
# title: A high-risk system runs a pinned model version
# description: |
#   What was assessed and approved is one version. A model that its vendor may exchange overnight is
#   another system the day after.
# custom:
#   id: high-risk-needs-pinned-version
#   control: A.4.4
#   severity: blocker
#   field: model.version_pinned
#   fix: Pin the model version in the deployment, then say so on the system's edit page.
deny contains msg if {
	going_live
	not "pinned version" in shown
	high_or_critical
	msg := sprintf("high-risk model %q does not pin its version", [system_id])
}

# METADATA
# title: The model version is pinned
# description: |
#   A model that its vendor may exchange overnight is another system the day after, unassessed.
# custom:
#   id: version-should-be-pinned
#   control: A.4.4
#   severity: warning
#   field: model.version_pinned
#   fix: Pin the model version in the deployment, then say so on the system's edit page.
warn contains msg if {
	going_live
	not "pinned version" in shown
	not high_or_critical
	msg := sprintf("model %q does not pin its version", [system_id])
}
