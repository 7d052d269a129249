"""What the database itself holds for audits: what a person confirmed is never changed or removed."""

from aims.ledger.guards import append_only

GUARDS = (*append_only("audits_itemconfirmation"),)
