"""What the room refuses."""

from bangfu.kernel.problems import define

EMPTY = define(
    "evidence.empty", 422,
    zh="没有选择文件，或文件“{name}”是空的。", en="No file was chosen, or {name} is empty.",
    do_zh="请拍照或选择文件后再上传。", do_en="Take a photo or choose a file, then upload.",
)  # fmt: skip
TOO_BIG = define(
    "evidence.too_big", 413,
    zh="“{name}”太大（{size}），{kind}上限为 {limit}。", en="{name} is too big ({size}); the limit is {limit}.",
    do_zh="请用手机相机的普通画质重拍，或降低扫描分辨率。", do_en="Take the photo in normal quality, or scan at a lower resolution.",
)  # fmt: skip
TOO_MANY = define(
    "evidence.too_many", 422,
    zh="一次最多上传 {limit} 个文件，本次选了 {found} 个。", en="At most {limit} files at once; {found} were chosen.",
    do_zh="请分几次上传。", do_en="Upload them in several goes.",
)  # fmt: skip
WRONG_KIND = define(
    "evidence.wrong_kind", 415,
    zh="“{name}”不是照片或扫描件：{what}。", en="{name} is no photo or scan: {what}.",
    do_zh="请上传 JPEG、PNG、HEIC 照片或 PDF 扫描件；按内容识别，改扩展名无效。",
    do_en="Upload a JPEG, PNG or HEIC photo or a PDF scan; the content decides, not the name.",
)  # fmt: skip
DAMAGED = define(
    "evidence.damaged", 422,
    zh="“{name}”已损坏或不完整，无法打开。", en="{name} is damaged or incomplete.",
    do_zh="请重新拍照或扫描后上传。", do_en="Take it or scan it again, then upload.",
)  # fmt: skip
BOMB = define(
    "evidence.too_many_pixels", 422,
    zh="“{name}”展开后大得异常（{what}），已拒绝。", en="{name} unpacks abnormally large ({what}); refused.",
    do_zh="请检查文件来源；确为照片的，请缩小后上传。", do_en="Check where it came from; make a real photo smaller.",
)  # fmt: skip
ACTIVE = define(
    "evidence.active_content", 422,
    zh="“{name}”含有脚本、附件或自动打开的动作，已拒绝。", en="{name} holds scripts, attachments or actions; refused.",
    do_zh="请重新扫描成普通 PDF，或拍照上传。", do_en="Scan it again as a plain PDF, or take a photo.",
)  # fmt: skip
LOCKED = define(
    "evidence.password_protected", 422,
    zh="“{name}”设有打开密码，无法读取。", en="{name} is protected by a password.",
    do_zh="请取消密码后重新上传。", do_en="Remove the password and upload again.",
)  # fmt: skip
INFECTED = define(
    "evidence.infected", 422,
    zh="“{name}”被病毒扫描拦截：{what}。", en="{name} was stopped by the virus scanner: {what}.",
    do_zh="文件没有保存。请联系信息管理员检查您的电脑或手机。",
    do_en="It was not kept. Have your computer or phone checked.",
)  # fmt: skip
SCAN_FAILED = define(
    "evidence.scan_failed", 503,
    zh="病毒扫描没有完成（{what}），文件没有保存。", en="The virus scan did not finish ({what}); nothing was kept.",
    do_zh="请稍后重试；仍不行时请管理员运行 bangfu doctor。",
    do_en="Try again later; else the administrator should run `bangfu doctor`.",
)  # fmt: skip
DISK_FULL = define(
    "evidence.disk_full", 507,
    zh="服务器磁盘已满，文件没有保存。", en="The disk is full; nothing was kept.",
    do_zh="请联系管理员清理磁盘后重试。", do_en="Ask your administrator to free some space.",
)  # fmt: skip
NOT_FOUND = define(
    "evidence.not_found", 404,
    zh="没有找到证据 {file}，或它不在您的管辖范围内。", en="Evidence {file} is not there, or outside your area.",
    do_zh="请从办理页面进入。", do_en="Start from the page of the case.",
)  # fmt: skip
LOST = define(
    "evidence.lost", 410,
    zh="证据 {file} 的文件已不在存储中，或被改动。", en="The file of evidence {file} is gone from the store, or was changed.",
    do_zh="请立即报告管理员；必要时从备份恢复 var/evidence。",
    do_en="Tell your administrator at once; restore var/evidence from a backup.",
)  # fmt: skip
IN_USE = define(
    "evidence.in_use", 409,
    zh="“{name}”已随办理记录存档，不能撤回。", en="{name} is part of a record and cannot be withdrawn.",
    do_zh="如上传有误，请在下一步说明，或请上一级退回。", do_en="If it is wrong, say so in the next step, or have the case returned.",
)  # fmt: skip
POSTING = define(
    "evidence.posting_incomplete", 422,
    zh="张贴证明不完整：{what}。", en="The proof of posting is incomplete: {what_en}.",
    do_zh="写明张贴地点和拍摄时间后再上传。", do_en="Say where and when it was taken, then upload.",
)  # fmt: skip
