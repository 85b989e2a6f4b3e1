"""What the room refuses."""

from bangfu.kernel.problems import define

FAULT = define(
    "jobs.fault", 500,
    zh="后台任务意外中断：{what}", en="The job broke: {what}",
    do_zh="数据未作任何改动。请稍后重试；仍失败请把任务编号 {job} 告诉管理员。",
    do_en="Nothing was changed. Try again; tell your administrator job {job}.",
)  # fmt: skip
ABANDONED = define(
    "jobs.abandoned", 500,
    zh="任务所在的进程已中断（被终止、断电或重启）。", en="The process of this job ended (killed or power lost).",
    do_zh="未完成的数据改动已全部回退。请重新发起任务。",
    do_en="Unfinished changes were rolled back. Start it again.",
)  # fmt: skip
STOPPED = define(
    "jobs.stopped", 409,
    zh="任务已被取消。", en="The job was stopped.",
    do_zh="需要时请重新发起。", do_en="Start it again if needed.",
)  # fmt: skip
