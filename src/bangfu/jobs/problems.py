"""What the room refuses."""

from bangfu.kernel.problems import define

FAULT = define(
    "jobs.fault", 500,
    zh="后台任务意外中断：{what}", en="The job broke: {what}",
    do_zh="数据未作任何改动。请稍后重试；仍失败请把任务编号 {job} 告诉管理员。",
    do_en="Nothing was changed. Try again; tell your administrator job {job}.",
)  # fmt: skip
STOPPED = define(
    "jobs.stopped", 409,
    zh="任务已被取消。", en="The job was stopped.",
    do_zh="需要时请重新发起。", do_en="Start it again if needed.",
)  # fmt: skip
