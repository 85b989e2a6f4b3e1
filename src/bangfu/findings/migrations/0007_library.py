"""Double claims of a run, partitioned like its other rows, and the library's index of clauses."""
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from bangfu.findings.partitions import DOUBLE, divide


class Migration(migrations.Migration):

    dependencies = [
        ('findings', '0006_scenarios'),
    ]

    operations = [
        migrations.CreateModel(
            name='Clause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pack', models.CharField(max_length=60, verbose_name='政策包')),
                ('pack_hash', models.CharField(max_length=64)),
                ('position', models.IntegerField()),
                ('rule', models.CharField(db_collation='C', max_length=40, verbose_name='编号')),
                ('title', models.CharField(max_length=200, verbose_name='名称')),
                ('title_en', models.CharField(blank=True, max_length=300)),
                ('kind', models.CharField(max_length=12, verbose_name='类别')),
                ('entity', models.CharField(max_length=40, verbose_name='对象')),
                ('document', models.CharField(max_length=60)),
                ('document_title', models.CharField(max_length=200, verbose_name='文件')),
                ('plan', models.CharField(max_length=60)),
                ('section', models.CharField(max_length=120, verbose_name='条款')),
                ('line', models.IntegerField(null=True)),
                ('department', models.CharField(max_length=300, verbose_name='责任单位')),
                ('starts', models.DateField(null=True, verbose_name='施行')),
                ('ends', models.DateField(null=True, verbose_name='止')),
                ('deadline', models.CharField(blank=True, max_length=200, verbose_name='时限')),
                ('measure', models.CharField(blank=True, max_length=200, verbose_name='衡量')),
                ('target', models.CharField(blank=True, max_length=120, verbose_name='目标')),
                ('unit', models.CharField(blank=True, max_length=20, verbose_name='单位')),
                ('vector', django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['vector'], name='findings_clause_vector')],
                'constraints': [models.UniqueConstraint(fields=('pack', 'rule'), name='findings_clause_once')],
            },
        ),
        migrations.CreateModel(
            name='DoubleClaim',
            fields=[
                ('village_code', models.CharField(db_collation='C', max_length=20, verbose_name='行政村代码')),
                ('pk', models.CompositePrimaryKey('run', 'group', 'subject', blank=True, editable=False, primary_key=True, serialize=False)),
                ('group', models.CharField(db_collation='C', db_column='overlap', max_length=40, verbose_name='重叠组')),
                ('kind', models.CharField(max_length=12)),
                ('entity', models.CharField(max_length=12)),
                ('subject', models.CharField(db_collation='C', max_length=20, verbose_name='对象')),
                ('household_no', models.CharField(db_collation='C', max_length=20, null=True, verbose_name='户编号')),
                ('rules', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('claims', models.SmallIntegerField(verbose_name='享受份数')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18, verbose_name='金额')),
                ('excess', models.DecimalField(decimal_places=2, max_digits=18, verbose_name='超出金额')),
                ('run', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='findings.run')),
            ],
            options={
                'abstract': False,
            },
        ),
        # A run loaded before has none until it is evaluated again.
        migrations.RunSQL(divide(DOUBLE), migrations.RunSQL.noop),
    ]
