package ai.model_registry_data_test

import data.ai.model_registry
import data.ai.model_registry_test.clean

with_data(value) := json.patch(clean, [{"op": "replace", "path": "data", "value": value}])

training(sources) := with_data({"training_sources": sources})

rag(source) := with_data({"training_sources": "none", "rag_sources": [source]})

logs(value) := with_data({"training_sources": "none", "logs": value})

said(record) := messages if messages := model_registry.deny with input as record

warned(record) := messages if messages := model_registry.warn with input as record

complete_source := {"name": "tickets", "source": "crm", "license": "own"}

# Training

test_training_as_a_word if {
	said(training("none-fine-tuning")) == set()
	warned(training("none-fine-tuning")) == set()
}

test_training_not_stated if {
	every value in [null, "", " ", []] {
		warned(training(value)) == {`model "helper" does not say what it was trained on`}
	}
	warned(with_data({})) == {`model "helper" does not say what it was trained on`}
}

test_training_source_complete if {
	said(training([complete_source])) == set()
	warned(training([complete_source])) == set()
}

test_training_source_without_licence if {
	record := training([object.union(complete_source, {"license": ""})])
	said(record) == {`training source "tickets" of model "helper" states no licence`}
}

test_training_source_without_anything if {
	said(training([complete_source, {}])) == {`training source number 2 of model "helper" states no licence and no source`}
}

test_training_source_of_a_wrong_type if {
	every value in ["tickets", null, 3, ["a"]] {
		said(training([value])) == {`training source number 1 of model "helper" states no licence and no source`}
	}
}

test_sources_that_are_no_list if {
	every value in [{"name": "x"}, 3, true] {
		said(training(value)) == {`model "helper" gives its training_sources as something else than a list`}
	}
	every value in [{"name": "x"}, 3, true] {
		record := with_data({"training_sources": "none", "rag_sources": value})
		said(record) == {`model "helper" gives its rag_sources as something else than a list`}
	}
	silent := {"deployment": {"environment": "development"}, "data": {"rag_sources": 3}}
	said(silent) == set()
	every value in [null, "", "none", []] {
		said(with_data({"training_sources": "none", "rag_sources": value})) == set()
	}
}

test_training_pii_needs_consent_basis if {
	every pii in [true, "yes", 1] {
		record := training([object.union(complete_source, {"pii": pii})])
		said(record) == {`training source "tickets" of model "helper" holds PII without a consent basis`}
	}
	said(training([object.union(complete_source, {"pii": true, "consent_basis": "consent"})])) == set()
	said(training([object.union(complete_source, {"pii": false})])) == set()
	said(training([object.union(complete_source, {"pii": null})])) == set()
}

# Retrieval

test_rag_source_without_pii if {
	said(rag({"name": "kb", "pii": false})) == set()
	said(rag({"name": "kb"})) == set()
	said(rag({"name": "kb", "pii": null})) == set()
	warned(rag({"name": "kb", "pii": null})) == set()
	warned(rag({"name": "kb", "pii": false})) == set()
}

test_rag_pii_needs_retention if {
	every days in [null, 0, -1, "365", []] {
		record := rag({"name": "kb", "pii": true, "retention_days": days, "erasure_procedure": "delete the row"})
		said(record) == {`RAG source "kb" of model "helper" holds PII without a retention period`}
	}
	said(rag({"name": "kb", "pii": true, "retention_days": 1})) == set()
}

test_rag_pii_without_erasure_is_a_warning if {
	record := rag({"name": "kb", "pii": true, "retention_days": 30})
	warned(record) == {`RAG source "kb" of model "helper" holds PII without an erasure procedure`}
	model_registry.allow with input as record
	described := rag({"name": "kb", "pii": true, "retention_days": 30, "erasure_procedure": "delete the row"})
	warned(described) == set()
}

test_a_source_without_a_name_is_called_by_its_place if {
	every name in [null, "", " ", 3] {
		record := rag({"name": name, "pii": true, "erasure_procedure": "delete the row"})
		said(record) == {`RAG source number 1 of model "helper" holds PII without a retention period`}
	}
}

test_every_rag_source_is_looked_at if {
	sources := [{"name": "a", "pii": true}, {"name": "b", "pii": true}]
	record := with_data({"training_sources": "none", "rag_sources": sources})
	count(said(record)) == 2
}

# Logs

test_logs_not_captured if {
	every captured in [null, false, "", [], {}] {
		said(logs({"captured": captured})) == set()
	}
	said(logs({})) == set()
}

test_captured_logs_need_retention if {
	every days in [null, 0, "30"] {
		record := logs({"captured": ["prompts"], "retention_days": days, "readers": ["support"]})
		said(record) == {`model "helper" captures logs without a retention period`}
	}
	count(said(logs({"captured": "prompts", "readers": ["support"]}))) == 1
	said(logs({"captured": ["prompts"], "retention_days": 30, "readers": ["support"]})) == set()
}

test_log_readers_not_named_is_a_warning if {
	every readers in [null, [], [""], "everybody"] {
		record := logs({"captured": ["prompts"], "retention_days": 30, "readers": readers})
		warned(record) == {`model "helper" captures logs without naming who may read them`}
		model_registry.allow with input as record
	}
	warned(logs({"captured": ["prompts"], "retention_days": 30, "readers": ["support"]})) == set()
}
