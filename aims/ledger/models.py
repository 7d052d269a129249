"""The ledger: one entry for every row of every governed table, each chained to the one before.

Triggers write it (`entries`), nobody else. Rows are only ever added, which the database guards.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """By which door something was done. Empty: from outside the portal, by SQL."""

    PAGE = "page", _("Page")
    API = "api", _("API")
    COMMAND = "command", _("Command line")
    TASK = "task", _("Job")
    MIGRATION = "migration", _("Upgrade")


class Entry(models.Model):
    """One row that was added to a governed table: its digest, who added it and why, and the chain.

    `format.content` and `format.link` say how `content` and `hash` follow from the rest.
    """

    seq = models.BigIntegerField(
        _("number"), primary_key=True, help_text=_("1, 2, 3 … without a gap: given under a lock.")
    )
    at = models.DateTimeField(_("time"))
    table = models.CharField(_("table"), max_length=63, help_text=_("Where the row was added."))
    row = models.BigIntegerField(_("row"), help_text=_("Its key there."))
    shape = models.CharField(_("shape"), max_length=16, help_text=_("Which columns the digest covers."))
    digest = models.CharField(_("digest"), max_length=64, help_text=_("SHA-256 of the row's text, in hex."))
    about = models.CharField(
        _("about"), max_length=100, blank=True, help_text=_("What it concerns, such as registry.aisystem:42.")
    )
    actor = models.CharField(
        _("person"), max_length=36, blank=True, help_text=_("The person's UUID, never a name.")
    )
    role = models.CharField(
        _("roles"), max_length=150, blank=True, help_text=_("Held at that moment: |dpo|lead|.")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, blank=True)
    act = models.CharField(
        _("act"), max_length=32, blank=True, help_text=_("The request, command or job that it was part of.")
    )
    reason = models.TextField(_("reason"), blank=True)
    content = models.BinaryField(_("content"), max_length=32, help_text=_("SHA-256 over the fields above."))
    hash = models.BinaryField(
        _("hash"), max_length=32, help_text=_("SHA-256 over the previous entry's hash and the content.")
    )

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["-seq"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["at"], name="entry_by_time"),
            models.Index(fields=["about", "seq"], name="entry_by_about"),
            models.Index(fields=["actor", "seq"], name="entry_by_actor"),
            models.Index(fields=["table", "seq"], name="entry_by_table"),
            models.Index(fields=["table", "row"], name="entry_by_row"),
            models.Index(fields=["act"], name="entry_by_act"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="entry_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.table} {self.row}"


class Shape(models.Model):
    """The columns that a governed table had while entries were written, by a name that entries hold."""

    shape = models.CharField(_("shape"), max_length=16, primary_key=True)
    table = models.CharField(_("table"), max_length=63)
    columns = models.JSONField(_("columns"), help_text=_("Their names, in order of the alphabet."))

    class Meta:
        verbose_name = _("shape of a table")
        verbose_name_plural = _("shapes of tables")
        ordering = ["table", "shape"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.table}: {self.shape}"


class Checkpoint(models.Model):
    """A signed statement of what the ledger held: so many entries, with this Merkle root. Only ever added.

    `frontier` is what the next one goes on from (`merkle.Frontier`); its root has to be the signed one.
    """

    size = models.BigIntegerField(_("entries"), unique=True)
    root = models.BinaryField(_("root"), max_length=32)
    at = models.DateTimeField(_("time"))
    note = models.TextField(_("signed note"))
    frontier = models.JSONField(_("frontier"), help_text=_("Roots of the perfect subtrees, in hex."))

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["-size"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.size} entries"


class Tile(models.Model):
    """The Merkle root of 1,024 entries in a row, so that a proof need not hash the whole ledger. Only ever
    added, with the checkpoint that covers it first. It is never trusted: a proof is checked before use."""

    number = models.BigIntegerField(_("number"), primary_key=True, help_text=_("0, 1, 2 …"))
    root = models.BinaryField(_("root"), max_length=32)

    class Meta:
        verbose_name = _("tile")
        verbose_name_plural = _("tiles")
        ordering = ["number"]
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.number)


class Publication(models.Model):
    """One attempt to publish a checkpoint outside the database. Only ever added."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="publications")
    target = models.CharField(
        _("where"), max_length=10, choices=[("file", _("File")), ("webhook", "Webhook")]
    )
    at = models.DateTimeField(_("time"))
    problem = models.TextField(_("problem"), blank=True, help_text=_("Empty if it arrived."))

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["-at"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.checkpoint_id} {self.target}: {self.problem or 'done'}"


class Verification(models.Model):
    """One run of the verifier, and what it found."""

    started = models.DateTimeField(_("started"))
    finished = models.DateTimeField(_("finished"))
    status = models.CharField(
        _("result"),
        max_length=6,
        choices=[("ok", _("As written")), ("failed", _("Changed")), ("empty", _("Nothing to verify"))],
    )
    entries = models.BigIntegerField(_("entries"))
    checked_rows = models.BigIntegerField(_("rows"))
    since = models.BigIntegerField(
        _("since entry"), default=1, help_text=_("Rows of older ones were not read.")
    )
    findings = models.JSONField(_("findings"), default=list)
    by = models.CharField(_("who asked"), max_length=36, blank=True, help_text=_("UUID; empty for a job."))

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        ordering = ["-started"]
        permissions = [("export_entry", "Can export the ledger")]

    def __str__(self) -> str:
        return f"{self.started:%Y-%m-%d %H:%M} {self.status}"
