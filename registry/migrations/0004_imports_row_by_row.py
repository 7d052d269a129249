"""Imports keep a row for each record, instead of all files and outcomes in one value each."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def outcomes_into_rows(apps, schema_editor):
    """What was imported keeps its outcome. What was only uploaded is let go: nobody had confirmed it."""
    batches = apps.get_model("registry", "ImportBatch").objects
    rows = apps.get_model("registry", "ImportRow").objects
    batches.filter(applied_at__isnull=True).delete()
    for batch in batches.iterator():
        batch.name = batch.outcome[0]["file"][:255] if len(batch.outcome) == 1 else f"{len(batch.outcome)} files"
        batch.fingerprint = "imported before rows were kept"
        batch.save(update_fields=["name", "fingerprint"])
        texts = {file["name"]: file["text"] for file in batch.files}
        rows.bulk_create(
            rows.model(
                batch=batch,
                number=number,
                source=entry["file"][:300],
                raw=texts.get(entry["file"], ""),
                status=entry["status"],
                slug=entry["id"],
                name=entry["id"],
                claims=entry["claims"],
            )
            for number, entry in enumerate(batch.outcome, 1)
        )
    if schema_editor.connection.vendor == "postgresql":
        # The tables are altered next, which PostgreSQL does not do while checks of their rows are put off.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("registry", "0003_obligations"),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text='Digest of the headers', max_length=64, unique=True)),
                ('mapping', models.JSONField()),
                ('saved_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'column mapping',
                'verbose_name_plural': 'column mappings',
            },
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='Row of the sheet, or place among the files')),
                ('source', models.CharField(help_text='systems.xlsx, row 17; or the name of the file', max_length=300)),
                ('raw', models.JSONField(help_text='Text of the YAML file, or the cells of the row; null for no text')),
                ('status', models.CharField(blank=True, choices=[('new', 'New'), ('changed', 'Changed'), ('unchanged', 'Unchanged'), ('refused', 'Refused')], max_length=10)),
                ('slug', models.CharField(blank=True, max_length=64)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('owner', models.CharField(blank=True, max_length=64)),
                ('problems', models.JSONField(default=list, help_text='[line, column, message]')),
                ('changes', models.JSONField(default=list, help_text='Of a changed system, field by field')),
                ('claims', models.JSONField(default=list, help_text='What the file says and the portal cannot confirm')),
                ('needs_reason', models.BooleanField(default=False)),
                ('new_team', models.BooleanField(default=False, help_text='Whether the owner is not known yet')),
                ('document', models.JSONField(help_text='The record as it would be written', null=True)),
                ('before', models.JSONField(help_text='The record of the system as it was when looked at', null=True)),
                ('system_pk', models.BigIntegerField(null=True)),
                ('revision', models.PositiveIntegerField(help_text='Of the system, when looked at', null=True)),
            ],
            options={
                'verbose_name': 'row of an import',
                'verbose_name_plural': 'rows of an import',
                'ordering': ['number'],
            },
        ),
        migrations.AddField(
            model_name='importbatch',
            name='asked',
            field=models.JSONField(help_text='What its values leave open, and samples of them', null=True),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='fingerprint',
            field=models.CharField(blank=True, help_text='Of the preview; empty until there is one', max_length=64),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='headers',
            field=models.JSONField(help_text='Of a spreadsheet; null for YAML files', null=True),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='left_out',
            field=models.BooleanField(default=False, help_text='Whether refused rows were knowingly left out'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='mapping',
            field=models.JSONField(help_text='How the columns are read: `mapping.Mapping.as_dict`', null=True),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='name',
            field=models.CharField(default='', help_text='Of the file, or how many there are', max_length=255),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='importbatch',
            name='notes',
            field=models.JSONField(default=list, help_text='What the person should know of how it was read'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='reason',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='sheet',
            field=models.CharField(blank=True, help_text='The sheet of the workbook', max_length=100),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='undo_reason',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='undone_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='columnmapping',
            name='saved_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importrow',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='registry.importbatch'),
        ),
        migrations.AddIndex(
            model_name='importrow',
            index=models.Index(fields=['batch', 'status', 'number'], name='importrow_by_status'),
        ),
        migrations.AddConstraint(
            model_name='importrow',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='importrow_once'),
        ),
        migrations.AddConstraint(
            model_name='importrow',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['', 'new', 'changed', 'unchanged', 'refused'])), name='importrow_status_known'),
        ),
        # Not reversible: what was uploaded and never confirmed is gone.
        migrations.RunPython(outcomes_into_rows),
        migrations.RemoveField(
            model_name='importbatch',
            name='files',
        ),
        migrations.RemoveField(
            model_name='importbatch',
            name='outcome',
        ),
        migrations.AddConstraint(
            model_name='importbatch',
            constraint=models.CheckConstraint(condition=models.Q(('undone_at__isnull', True), models.Q(('applied_at__isnull', False), models.Q(('undo_reason', ''), _negated=True)), _connector='OR'), name='importbatch_undone_with_a_reason'),
        ),
    ]
