# Data governance: training data, retrieval sources, logs. The package is described in model_registry.rego.
package ai.model_registry

# A word such as "none-fine-tuning" says that there is nothing to list; a single source is a list of one.
default training_sources := []

training_sources := input.data.training_sources if is_array(input.data.training_sources)

training_sources := [input.data.training_sources] if is_object(input.data.training_sources)

training_stated if has_text(input.data.training_sources)

training_stated if count(training_sources) > 0

default rag_sources := []

rag_sources := input.data.rag_sources if is_array(input.data.rag_sources)

rag_sources := [input.data.rag_sources] if is_object(input.data.rag_sources)

# Anything but a plain "no" counts as personal data, so that `pii: "yes"` is not read as no.
training_with_pii[place] := source if {
	some place, source in training_sources
	source.pii != false
	source.pii != null
}

rag_with_pii[place] := source if {
	some place, source in rag_sources
	source.pii != false
	source.pii != null
}

logs_captured if not object.get(input, ["data", "logs", "captured"], null) in [null, false, "", [], {}]

logs_retained if is_days(input.data.logs.retention_days)

log_readers_named if {
	is_array(input.data.logs.readers)
	some reader in input.data.logs.readers
	has_text(reader)
}

is_days(value) if {
	is_number(value)
	value > 0
}

# A part of something that may be no object: null where there is no such part.
default part(_, _) := null

part(whole, key) := whole[key] if is_object(whole)

# What a source is called in a message: its name, or its place in the list.
default label(_, _) := ""

label(source, place) := sprintf("%q", [source.name]) if {
	has_text(part(source, "name"))
} else := sprintf("number %d", [place + 1])

# METADATA
# title: Training data is stated
# description: |
#   Either the record lists what the model was trained or tuned on, or it says that the company trained
#   nothing itself. Silence is neither.
# custom:
#   id: training-data-stated
#   control: A.7.5
#   severity: warning
#   fix: List the training sources on the system's edit page, or enter a word such as none-fine-tuning.
warn contains msg if {
	going_live
	not training_stated
	msg := sprintf("model %q does not say what it was trained on", [system_id])
}

# METADATA
# title: Every training source has an origin and a licence
# description: |
#   Data of unknown origin, or without a licence, may not be what it seems, and may not be used.
# custom:
#   id: training-source-provenance
#   control: A.7.5
#   severity: blocker
#   fix: Enter source and licence of this training source on the system's edit page.
deny contains msg if {
	going_live
	some place, source in training_sources
	missing := [word |
		some key, word in {"source": "source", "license": "licence"}
		not has_text(part(source, key))
	]
	count(missing) > 0
	msg := sprintf("training source %s of model %q states no %s", [
		label(source, place),
		system_id,
		concat(" and no ", sort(missing)),
	])
}

# METADATA
# title: Training on personal data has a legal basis
# description: |
#   Personal data may be used for training on a stated legal basis only, such as consent.
# custom:
#   id: training-pii-consent-basis
#   control: A.7.3
#   severity: blocker
#   fix: Enter the consent basis of this training source on the system's edit page.
deny contains msg if {
	going_live
	some place, source in training_with_pii
	not has_text(object.get(source, "consent_basis", null))
	msg := sprintf("training source %s of model %q holds PII without a consent basis", [
		label(source, place),
		system_id,
	])
}

# METADATA
# title: Retrieval sources with personal data are kept for a limited time
# description: |
#   Personal data that a model can look up has to go after a stated number of days.
# custom:
#   id: rag-pii-retention
#   control: A.4.3
#   severity: blocker
#   fix: Enter the retention in days of this source on the system's edit page.
deny contains msg if {
	going_live
	some place, source in rag_with_pii
	not is_days(object.get(source, "retention_days", null))
	msg := sprintf("RAG source %s of model %q holds PII without a retention period", [
		label(source, place),
		system_id,
	])
}

# METADATA
# title: Personal data can be erased from retrieval sources on request
# description: |
#   Somebody who asks for erasure (GDPR Art. 17) has to be removed from the index too, and somebody has to
#   know how.
# custom:
#   id: rag-pii-erasure
#   control: A.7.2
#   severity: warning
#   fix: Describe the erasure procedure of this source on the system's edit page.
warn contains msg if {
	going_live
	some place, source in rag_with_pii
	not has_text(object.get(source, "erasure_procedure", null))
	msg := sprintf("RAG source %s of model %q holds PII without an erasure procedure", [
		label(source, place),
		system_id,
	])
}

# METADATA
# title: Captured logs are kept for a limited time
# description: |
#   Prompts and responses hold whatever people type. What is captured needs a day on which it goes.
# custom:
#   id: logs-retention
#   control: A.6.2.8
#   severity: blocker
#   fix: Enter the log retention in days on the system's edit page.
deny contains msg if {
	going_live
	logs_captured
	not logs_retained
	msg := sprintf("model %q captures logs without a retention period", [system_id])
}

# METADATA
# title: The readers of captured logs are named
# description: |
#   Access that is granted to nobody in particular is in practice granted to everybody.
# custom:
#   id: logs-readers
#   control: A.6.2.8
#   severity: warning
#   fix: Name who may read the logs on the system's edit page.
warn contains msg if {
	going_live
	logs_captured
	not log_readers_named
	msg := sprintf("model %q captures logs without naming who may read them", [system_id])
}
