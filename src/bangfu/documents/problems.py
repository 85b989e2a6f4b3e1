"""What the room refuses."""

from bangfu.kernel.problems import define

UNKNOWN = define(
    "documents.unknown", 404,
    zh="政策包 {pack} 没有文书“{document}”。", en="Pack {pack} has no document {document}.",
    do_zh="请从文书页面选择。", do_en="Choose one on the documents page.",
)  # fmt: skip
NOTHING = define(
    "documents.nothing_to_print", 422,
    zh="“{region}”没有需要列入《{title}》的{what}。", en="There is nothing in {region} to put into {title}.",
    do_zh="请换一个地区或批次；名单类文书要等有户走到该步骤。",
    do_en="Choose another place or batch; lists need cases that reached the step.",
)  # fmt: skip
TOO_MANY = define(
    "documents.too_many", 422,
    zh="共 {found} 份，一次在网页上最多打印 {limit} 份。", en="{found} papers; a page prints at most {limit}.",
    do_zh="请生成 Word 文件，或选择下一级地区。", do_en="Make a Word file, or choose a smaller place.",
)  # fmt: skip
TOO_WIDE = define(
    "documents.place_too_wide", 422,
    zh="{found} 份超过一个文件的上限 {limit} 份。", en="{found} papers; one file holds at most {limit}.",
    do_zh="请按乡镇分别生成。", do_en="Make them township by township.",
)  # fmt: skip
GONE = define(
    "documents.file_gone", 410,
    zh="文件已过保存期（{days} 天）或被清理。", en="The file is past its {days} days, or was removed.",
    do_zh="请重新生成。", do_en="Make it again.",
)  # fmt: skip
