# Data governance: training data, retrieval sources, logs. The package is described in model_registry.rego.
package ai.model_registry

# A word such as "none-fine-tuning" says that there is nothing to list.
shown contains "training data" if {
	is_string(input.data.training_sources)
	trim_space(input.data.training_sources) != ""
}

shown contains "training data" if {
	is_array(input.data.training_sources)
	count(input.data.training_sources) > 0
}

has_text(value) if {
	is_string(value)
	trim_space(value) != ""
}

is_days(value) if {
	is_number(value)
	value > 0
}

# A part of something that may be no object: null where there is no such part.
default part(_, _) := null

part(whole, key) := whole[key] if is_object(whole)

# What a source is called in a message: its name, or its place in the list.
label(source, place) := sprintf("%q", [source.name]) if {
	is_string(source.name)
	trim_space(source.name) != ""
} else := sprintf("number %d", [place + 1])

# METADATA
# title: Data sources are given as lists
# description: |
#   What stands where a list of sources should be would be looked at by no rule. A word, such as none, may
#   stand there.
# custom:
#   id: sources-are-listed
#   control: A.4.3
#   severity: blocker
#   field: data
#   fix: Enter the sources one by one on the system's edit page.
deny contains msg if {
	going_live
	some key in ["rag_sources", "training_sources"]
	type_name(input.data[key]) in ["object", "number", "boolean"]
	msg := sprintf("model %q gives its %s as something else than a list", [system_id, key])
}

# METADATA
# title: Training data is stated
# description: |
#   Either the record lists what the model was trained or tuned on, or it says that the company trained
#   nothing itself. Silence is neither.
# custom:
#   id: training-data-stated
#   control: A.7.5
#   severity: warning
#   field: data.training_sources
#   fix: List the training sources on the system's edit page, or enter a word such as none-fine-tuning.
warn contains msg if {
	going_live
	not "training data" in shown
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
#   field: data.training_sources
#   fix: Enter source and licence of this training source on the system's edit page.
deny contains msg if {
	going_live
	is_array(input.data.training_sources)
	some place, source in input.data.training_sources
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
#   field: data.training_sources
#   fix: Enter the consent basis of this training source on the system's edit page.
deny contains msg if {
	going_live
	is_array(input.data.training_sources)
	some place, source in input.data.training_sources
	source.pii != false # anything but a plain "no", so that `pii: "yes"` counts
	source.pii != null
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
#   field: data.rag_sources
#   fix: Enter the retention in days of this source on the system's edit page.
deny contains msg if {
	going_live
	is_array(input.data.rag_sources)
	some place, source in input.data.rag_sources
	source.pii != false
	source.pii != null
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
#   field: data.rag_sources
#   fix: Describe the erasure procedure of this source on the system's edit page.
warn contains msg if {
	going_live
	is_array(input.data.rag_sources)
	some place, source in input.data.rag_sources
	source.pii != false
	source.pii != null
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
#   field: data.logs.retention_days
#   fix: Enter the log retention in days on the system's edit page.
deny contains msg if {
	going_live
	not object.get(input, ["data", "logs", "captured"], null) in [null, false, "", [], {}]
	not is_days(object.get(input, ["data", "logs", "retention_days"], null))
	msg := sprintf("model %q captures logs without a retention period", [system_id])
}

names_somebody(readers) if {
	is_array(readers)
	some reader in readers
	has_text(reader)
}

# METADATA
# title: The readers of captured logs are named
# description: |
#   Access that is granted to nobody in particular is in practice granted to everybody.
# custom:
#   id: logs-readers
#   control: A.6.2.8
#   severity: warning
#   field: data.logs.readers
#   fix: Name who may read the logs on the system's edit page.
warn contains msg if {
	going_live
	not object.get(input, ["data", "logs", "captured"], null) in [null, false, "", [], {}]
	readers := object.get(input, ["data", "logs", "readers"], null)
	not names_somebody(readers)
	msg := sprintf("model %q captures logs without naming who may read them", [system_id])
}
