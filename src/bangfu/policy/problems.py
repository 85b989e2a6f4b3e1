"""What the policy room refuses, said to people (kernel.problems)."""

from __future__ import annotations

from bangfu.kernel.problems import define

PACK_NOT_FOUND = define(
    "policy.pack_not_found", 404,
    zh="没有政策包“{pack}”。", en="There is no policy pack “{pack}”.",
    do_zh="可用的政策包：{known}。", do_en="Known packs: {known}.",
)  # fmt: skip
PACK_INVALID = define(
    "policy.pack_invalid", 422,
    zh="政策包“{pack}”有 {count} 处错误：\n{list}",
    en="Policy pack “{pack}” has {count} errors:\n{list}",
    do_zh="按所列文件和行号改正后再运行 bangfu policy check。",
    do_en="Correct the lines listed, then run bangfu policy check again.",
)  # fmt: skip
AS_OF_OUTSIDE_PACK = define(
    "policy.as_of_outside_pack", 422,
    zh="日期 {as_of} 不在政策包“{pack}”的施行期内（{start} 至 {end}）。",
    en="{as_of} lies outside policy pack “{pack}” ({start} to {end}).",
    do_zh="请选择施行期内的日期。", do_en="Choose a date within the pack's time.",
)  # fmt: skip
UNKNOWN_REGION = define(
    "policy.unknown_region", 404,
    zh="快照中没有县（市、区）{region}。", en="The snapshot holds no county {region}.",
    do_zh="快照中有：{known}。", do_en="The snapshot holds: {known}.",
)  # fmt: skip
RULE_UNKNOWN = define(
    "policy.rule_unknown", 404,
    zh="政策包“{pack}”没有规则 {rule}。", en="Policy pack “{pack}” has no rule {rule}.",
    do_zh="用条款目录中的编号。", do_en="Use an id of the catalogue.",
)  # fmt: skip
OUT_NOT_FINDINGS = define(
    "policy.out_not_findings", 409,
    zh="目录 {out} 已有其他文件，不是评估结果，未作改动。",
    en="{out} holds other files and is not a findings directory; nothing was changed.",
    do_zh="请换一个空目录。", do_en="Choose an empty directory.",
)  # fmt: skip
OUT_BUSY = define(
    "policy.out_busy", 409,
    zh="另一次评估正在写 {out}。", en="Another evaluation is writing {out}.",
    do_zh="等它结束后再运行。", do_en="Wait until it ends.",
)  # fmt: skip
DISK_FAULT = define(
    "policy.disk_fault", 507,
    zh="评估结果无法写入 {out}：{reason}", en="Findings cannot be written to {out}: {reason}",
    do_zh="检查磁盘空间和写权限后重新运行，已完成的县不会重算。",
    do_en="Check free disk space and permissions, then run again; finished counties are kept.",
)  # fmt: skip
EVALUATION_FAILED = define(
    "policy.evaluation_failed", 500,
    zh="评估县 {county} 时出错：{reason}", en="Evaluating county {county} failed: {reason}",
    do_zh="把错误代码和下面的语句交给技术支持：\n{statement}",
    do_en="Give this and the statement to support:\n{statement}",
)  # fmt: skip
ENGINE_UNKNOWN = define(
    "policy.engine_unknown", 404,
    zh="没有计算引擎“{engine}”。", en="There is no engine “{engine}”.",
    do_zh="可用的引擎：duckdb（本机）、spark（集群）。",
    do_en="Known engines: duckdb (this machine), spark (a cluster).",
)  # fmt: skip
SPARK_MISSING = define(
    "policy.spark_missing", 501,
    zh="本机没有安装 Spark（pyspark），不能用 spark 引擎。",
    en="Spark (pyspark) is not installed: the spark engine is not available.",
    do_zh="运行 make spark（或 pip install 'bangfu[spark]'），或改用 --engine duckdb。",
    do_en="Run make spark (or pip install 'bangfu[spark]'), or use --engine duckdb.",
)  # fmt: skip
JAVA_MISSING = define(
    "policy.java_missing", 501,
    zh="spark 引擎需要 Java {wanted} 以上，本机找到的版本：{found}。",
    en="The spark engine needs Java {wanted} or later; found here: {found}.",
    do_zh="安装 openjdk-17-jre-headless，或把 JAVA_HOME 指向已有的 Java，或改用 --engine duckdb。",
    do_en="Install openjdk-17-jre-headless, or point JAVA_HOME to a Java, or use --engine duckdb.",
)  # fmt: skip
SPARK_FAILED = define(
    "policy.spark_failed", 502,
    zh="连不上 Spark（{master}）：{reason}", en="Spark ({master}) did not start: {reason}",
    do_zh="核对 --spark-master 的地址，确认集群在运行、版本与 pyspark 相同。",
    do_en="Check the address in --spark-master and that the cluster runs pyspark's version.",
)  # fmt: skip
SPARK_UNPROVEN = define(
    "policy.spark_unproven", 501,
    zh="这一表达式在 Spark 上的结果尚未证明与 DuckDB 相同，未计算：{what}",
    en="Not proven to give DuckDB's values on Spark, so not computed: {what}",
    do_zh="请改用 --engine duckdb，并把这条信息交给技术支持。",
    do_en="Use --engine duckdb and give this message to support.",
)  # fmt: skip
CASES_NOT_FOUND = define(
    "policy.cases_not_found", 404,
    zh="没有案例文件 {path}。", en="There is no case file {path}.",
    do_zh="给出 YAML 文件或含 YAML 的目录。", do_en="Name a YAML file or a directory of them.",
)  # fmt: skip
CATALOGUE_NOT_FOUND = define(
    "policy.catalogue_not_found", 404,
    zh="目录 {path} 中没有条款目录文件。", en="There is no catalogue at {path}.",
    do_zh="给出含 YAML 条款目录的目录。", do_en="Name a directory of catalogue YAML files.",
)  # fmt: skip
SNAPSHOT_HOUSEHOLD_UNKNOWN = define(
    "policy.snapshot_household_unknown", 404,
    zh="快照中没有户 {household}。", en="The snapshot holds no household {household}.",
    do_zh="核对户编号（村代码12位加户序号6位）。",
    do_en="Check the number: 12 digits of the village, 6 of the household.",
)  # fmt: skip
OVERRIDE_INVALID = define(
    "policy.override_invalid", 422,
    zh="参数 {name} 不能设为 {value}：{reason}", en="Parameter {name} cannot be {value}: {reason}",
    do_zh="用 bangfu policy check 查看参数名称和单位。",
    do_en="See the pack's parameters.yaml for names and units.",
)  # fmt: skip
PARAMETER_UNKNOWN = define(
    "policy.parameter_unknown", 404,
    zh="政策包“{pack}”没有参数 {name}；相近的有：{near}。", en="Policy pack “{pack}” has no parameter {name}; near: {near}.",
    do_zh="参数名称见政策包的 parameters.yaml，或在“政策模拟”页面查找。",
    do_en="Names are in the pack's parameters.yaml, or look on the simulation page.",
)  # fmt: skip
OVERRIDE_UNIT = define(
    "policy.override_unit", 422,
    zh="参数 {name} 的单位是{unit}，不能写成 {value}。", en="Parameter {name} is in {unit}; {value} does not fit.",
    do_zh="换算成该单位后再填，可以只写数字。", do_en="Convert it; the bare number is enough.",
)  # fmt: skip
OVERRIDE_NEGATIVE = define(
    "policy.override_negative", 422,
    zh="参数 {name} 不能为负数：{value}。", en="Parameter {name} cannot be negative: {value}.",
    do_zh="填写零或正数；要停发一项政策，请停用该规则。",
    do_en="Give zero or more; to stop a benefit, switch its rule off.",
)  # fmt: skip
CHANGE_REGION = define(
    "policy.change_region", 404,
    zh="{region} 不是政策包“{pack}”辖区内的区划代码。", en="{region} is no division within policy pack “{pack}”.",
    do_zh="写县（市、区）6位、乡镇9位或村12位代码，以 {within} 开头。",
    do_en="Give a code of 6, 9 or 12 digits that begins with {within}.",
)  # fmt: skip
CHANGE_RULE_UNKNOWN = define(
    "policy.change_rule_unknown", 404,
    zh="政策包“{pack}”没有规则 {rule}；相近的有：{near}。", en="Policy pack “{pack}” has no rule {rule}; near: {near}.",
    do_zh="用条款目录中的编号。", do_en="Use an id of the catalogue.",
)  # fmt: skip
RULE_IS_DUTY = define(
    "policy.rule_is_duty", 422,
    zh="规则 {rule} 是责任条款，不参与计算，不能停用或启用。",
    en="Rule {rule} is a duty; it is not computed and cannot be switched.",
    do_zh="换一条享受、标准、限额或预警类规则。", do_en="Choose a rule that is computed.",
)  # fmt: skip
RULE_NOT_IN_FORCE = define(
    "policy.rule_not_in_force", 422,
    zh="规则 {rule} 在 {as_of} 未施行，无须停用。", en="Rule {rule} is not in force on {as_of}.",
    do_zh="换一条规则或日期；要看它施行后的效果，请启用它。",
    do_en="Choose another rule or day; to see its effect, switch it on.",
)  # fmt: skip
RULE_IN_FORCE = define(
    "policy.rule_in_force", 422,
    zh="规则 {rule} 在 {as_of} 已在施行，无须启用。", en="Rule {rule} is in force on {as_of} already.",
    do_zh="换一条规则或日期。", do_en="Choose another rule or day.",
)  # fmt: skip
RULE_LACKS = define(
    "policy.rule_lacks", 422,
    zh="规则 {rule} 不能启用：{reason}。", en="Rule {rule} cannot be switched on: {reason}.",
    do_zh="先为它所用的参数设值，再启用。", do_en="Set the parameters it reads, then switch it on.",
)  # fmt: skip
CHANGE_TWICE = define(
    "policy.change_twice", 422,
    zh="{what} 改了两次，不知以哪次为准。", en="{what} is changed twice.",
    do_zh="每个参数（或每个地区的参数）、每条规则只改一次。", do_en="Change each parameter and rule once.",
)  # fmt: skip
NOTHING_CHANGED = define(
    "policy.nothing_changed", 422,
    zh="没有改动：所给的参数值和规则与 {as_of} 的政策相同。", en="Nothing is changed: this is the policy of {as_of}.",
    do_zh="改一个参数（--set 名称=值），或停用、启用一条规则（--off、--on）。",
    do_en="Set a parameter (--set name=value) or switch a rule (--off, --on).",
)  # fmt: skip
BASELINE_DIFFERS = define(
    "policy.baseline_differs", 409,
    zh="{path} 不是同一快照、政策包和日期的评估结果（{what}不同），不能作为模拟的基准。",
    en="{path} does not hold the findings of this snapshot, pack and day (differs: {what}).",
    do_zh="去掉 --baseline，系统会自行计算基准。", do_en="Leave --baseline out; it is then computed.",
)  # fmt: skip
DATES_BACKWARDS = define(
    "policy.dates_backwards", 422,
    zh="开始日期 {start} 不早于结束日期 {end}。", en="{start} is not before {end}.",
    do_zh="请先写较早的日期。", do_en="Give the earlier day first.",
)  # fmt: skip
REPORT_KIND = define(
    "policy.report_kind", 422,
    zh="不知道要写成什么文件：{out}。", en="No such kind of report: {out}.",
    do_zh="给出一个目录，或以 .xlsx、.docx 结尾的文件名。", do_en="Give a directory, or a name ending in .xlsx or .docx.",
)  # fmt: skip
PACK_EXISTS = define(
    "policy.pack_exists", 409,
    zh="{path} 已有内容，未作改动。", en="There is something at {path}; nothing was changed.",
    do_zh="换一个编号，或先移走这个目录。", do_en="Choose another id, or move the folder away.",
)  # fmt: skip
PACK_NAME = define(
    "policy.pack_name", 422,
    zh="“{name}”不能作政策包编号。", en="“{name}” cannot name a pack.",
    do_zh="用小写字母开头的字母、数字和下划线，如 duan。",
    do_en="Use a-z, 0-9 and _, beginning with a letter, such as duan.",
)  # fmt: skip
PACK_REGION = define(
    "policy.pack_region", 422,
    zh="“{region}”不是行政区划代码。", en="“{region}” is not a division code.",
    do_zh="县写6位代码，如 451228。", do_en="A county has six digits, such as 451228.",
)  # fmt: skip
