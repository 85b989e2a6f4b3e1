"""Saved simulations; each place's numbers behind the wall."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from bangfu.access.session import wall


class Migration(migrations.Migration):

    dependencies = [
        ('findings', '0005_readiness_indexes'),
        ('access', '0002_scoped_role'),
        ('jobs', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Scenario',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='名称')),
                ('kind', models.CharField(choices=[('simulate', '政策模拟'), ('diff', '政策变化')], max_length=10, verbose_name='类型')),
                ('state', models.CharField(choices=[('waiting', '排队中'), ('running', '进行中'), ('done', '已完成'), ('failed', '失败'), ('stopped', '已取消')], db_index=True, default='waiting', max_length=10, verbose_name='状态')),
                ('pack', models.CharField(max_length=60, verbose_name='政策包')),
                ('pack_title', models.CharField(max_length=120)),
                ('as_of', models.DateField(verbose_name='判定日期')),
                ('from_day', models.DateField(null=True, verbose_name='比较起点')),
                ('period', models.CharField(max_length=7, verbose_name='期次')),
                ('snapshot_path', models.CharField(max_length=300)),
                ('snapshot_digest', models.CharField(max_length=64, verbose_name='快照指纹')),
                ('changes', models.JSONField(default=dict)),
                ('described', models.JSONField(default=list)),
                ('about', models.JSONField(default=dict)),
                ('digest', models.CharField(blank=True, max_length=64, verbose_name='结果指纹')),
                ('region_code', models.CharField(db_collation='C', db_index=True, max_length=12, verbose_name='地区')),
                ('owner', models.CharField(max_length=150, verbose_name='创建人')),
                ('problem', models.JSONField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True, verbose_name='创建时间')),
                ('finished_at', models.DateTimeField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('deleted_by', models.CharField(blank=True, max_length=150)),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='jobs.job')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='ScenarioResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('region_code', models.CharField(db_collation='C', max_length=12)),
                ('section', models.JSONField()),
                ('scenario', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='results', to='findings.scenario')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('scenario', 'region_code'), name='findings_scenario_place')],
            },
        ),
        migrations.RunSQL(wall('findings_scenarioresult', 'region_code'), migrations.RunSQL.noop),
    ]

