# METADATA
# scope: package
# title: Which changes make which signatures stale
# description: |
#   Asked with {"changes": [{"path": …, "before": …, "after": …}], "subject": …}, `stale` answers with one
#   object for each signature ("dpo", "cto", "security") or approval ("assessment") that no longer stands for
#   what is there, and the path that made it so. A path that this file does not know is material for everything.
package ai.materiality

stale contains {"what": what, "path": path} if {
	some change in changes
	path := path_of(change)
	some what in consequences(path)
}

everything := {"assessment", "cto", "dpo", "security"}

signatures := {"cto", "dpo", "security"}

# A part of the record, and what a change below it undoes. The deepest part that is named decides.
undone_by := {
	# Purpose, sensitivity, tiers and affected parties are what was judged.
	"classification": everything,
	# Another model, version, provider or place of its weights is another system.
	"model": everything,
	"data.training_sources": everything,
	"data.rag_sources": everything,
	# Another region is another law and another attack surface, for the same product.
	"deployment.regions": {"assessment", "dpo", "security"},
	"deployment.endpoint": {"security"},
	# Logs hold what people typed: a matter of privacy and of access.
	"data.logs": {"dpo", "security"},
	# Another team answers for the system, or none within the management system does. Those who agreed that
	# it may run and that people are protected have to agree with the new owner. What can go wrong technically,
	# and for whom, is the same.
	"owner": {"cto", "dpo"},
	"in_scope": {"cto", "dpo"},
	# Who signed a system signed what its assessment says. A new version that says the same changes nothing.
	"assessment": signatures,
	"assessment.ref": set(),
	"assessment.version": set(),
	# Names and dates of work, which change nothing that anybody judged.
	"name": set(),
	"contact": set(),
	"deployment.environment": set(),
	"governance.review_interval_days": set(),
	"lifecycle.decommission_date": set(),
	# Follows from signatures and decisions: if it undid them, no signature could ever stand beside another.
	"governance.impact_assessment_id": set(),
	"governance.last_reviewed": set(),
	"governance.approved_by": set(),
	"lifecycle.stage": set(),
}

# Paths are written with dots, and with brackets or dots for places in lists: data.rag_sources[0].location.
# All parts that hold a path are beginnings of it, so the last in order is the deepest.
consequences(path) := undone_by[max(holding)] if {
	holding := {known | some known, _ in undone_by; is_within(path, known)}
	count(holding) > 0
} else := everything

is_within(path, known) if path == known

is_within(path, known) if startswith(path, sprintf("%s.", [known]))

is_within(path, known) if startswith(path, sprintf("%s[", [known]))

# Changes that cannot be read are changes all the same.
default changes := ["unreadable"]

changes := input.changes if is_array(input.changes)

default path_of(_) := "unknown"

path_of(change) := change.path if {
	is_object(change)
	is_string(change.path)
}
