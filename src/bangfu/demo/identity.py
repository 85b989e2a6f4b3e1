"""Made-up names, identity numbers, phones and accounts: plainly fictitious, formally valid.

Identity numbers obey GB 11643 (so imports accept them) and agree with county, birth and sex;
phones lie in the unassigned-looking 1990000xxxx range. None of it ever enters a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.demo import columns as col
from bangfu.demo.chance import codes_by
from bangfu.demo.columns import Bytes, Ints
from bangfu.demo.families import CHILD, SIB
from bangfu.demo.people import ETHNIC, People

_SURNAMES = tuple("韦黄覃蒙罗陆莫梁潘卢兰谭蓝李陈周王刘杨吴张唐银谢石欧廖岑牙班")
_BY_GROUP = {  # weights by ethnic group; what is not named gets 1
    "08": {
        "韦": 90,
        "黄": 60,
        "覃": 50,
        "蒙": 25,
        "罗": 25,
        "陆": 22,
        "莫": 18,
        "梁": 15,
        "潘": 12,
    },
    "01": {
        "李": 40,
        "陈": 40,
        "黄": 30,
        "周": 20,
        "王": 25,
        "刘": 25,
        "杨": 20,
        "吴": 18,
        "张": 25,
    },
    "13": {"蓝": 70, "罗": 50, "韦": 40, "蒙": 30, "潘": 30, "兰": 20, "唐": 10},
    "32": {"银": 40, "吴": 40, "谢": 30, "罗": 30, "潘": 20, "梁": 15, "周": 10},
    "36": {"谭": 90, "覃": 30, "韦": 25, "蒙": 25, "卢": 20},
    "06": {"杨": 30, "石": 20, "吴": 30, "潘": 20, "罗": 10},
}
_MALE = "建国明华志强文军勇伟德福海胜永光荣春生忠平安贵金龙林松祥宝"
_FEMALE = "秀英美玉兰桂花凤丽红艳春梅芳莲燕珍香月霞娟彩妹小翠琼慧爱群"
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS = np.frombuffer(b"10X98765432", np.uint8)


def columns(
    rng: np.random.Generator, people: People, county: str, spoil: Callable[[Bytes], None]
) -> Mapping[str, pa.Array]:
    """Names and identity numbers of the person table; `spoil` plants the wrong ones."""
    number = id_numbers(rng, people, county)
    spoil(number)
    name = _names(rng, people)
    twins = np.flatnonzero(people.twin_of >= 0)
    source = people.twin_of[twins]
    number[twins] = number[source]
    name = col.put(name, twins, name.take(pa.array(source)))
    return {"name": name, "id_number": col.text(number)}


def id_numbers(rng: np.random.Generator, people: People, county: str) -> Bytes:
    """Valid numbers, each once: those of one birthday and sex get different serials."""
    count = len(people)
    group = people.birth * 2 + people.male
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    start = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    first = np.maximum.accumulate(np.where(start, np.arange(count), 0))
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count) - first
    shift = int(rng.integers(500))
    serial = (people.birth * 37 + shift + rank) % 500 * 2 + people.male
    born = people.birth.astype("datetime64[D]")
    year = born.astype("datetime64[Y]").astype(np.int64) + 1970
    month = born.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    body = year * 10_000_000 + month * 100_000 + day * 1_000 + serial
    first17 = np.concatenate(
        [col.digits(np.full(count, int(county)), 6), col.digits(body, 11)], axis=1
    )
    return np.concatenate([first17, check_digits(first17)[:, None]], axis=1)


def check_digits(first17: Bytes) -> Bytes:
    """GB 11643 check digits of rows of 17 ASCII digits."""
    total = (first17.astype(np.int64) - ord("0")) @ _WEIGHTS
    return np.asarray(_CHECKS[total % 11])


def _names(rng: np.random.Generator, people: People) -> pa.Array:
    table = np.array([[_BY_GROUP[g].get(s, 1) for s in _SURNAMES] for g in ETHNIC], float)
    surname = codes_by(rng, people.ethnic, table)
    head = np.flatnonzero(people.serial == 1)
    # The head's blood line shares a surname; with a female head the children take their father's.
    line = (people.slot == SIB) | (people.father < 0) & (people.slot == CHILD) & ~people.male
    surname = np.where(line, surname[head][people.household], surname)
    for _ in range(2):
        has = people.father >= 0
        surname[has] = surname[people.father[has]]
    given = [_given(rng, people), _given(rng, people)]
    short = pa.array(rng.random(len(people)) < 0.15)
    second = pc.if_else(short, "", given[1])
    family = pa.array(_SURNAMES).take(pa.array(surname))
    return pc.binary_join_element_wise(family, given[0], second, "")


def _given(rng: np.random.Generator, people: People) -> pa.Array:
    letters = tuple(_MALE + _FEMALE)
    index = rng.integers(len(_FEMALE), size=len(people)) % len(_FEMALE)
    male = rng.integers(len(_MALE), size=len(people))
    return col.pick(np.where(people.male, male, len(_MALE) + index), letters)


def contacts(rng: np.random.Generator, county: str, count: int) -> Mapping[str, pa.Array]:
    """Phone (most have one) and account of the household table."""
    serial = np.arange(count)
    phone = 19_900_000_000 + rng.integers(10_000, size=count)
    fixed = col.digits(np.full(count, 620_000), 6)
    account = [fixed, col.digits(np.full(count, int(county)), 6), col.digits(serial, 7)]
    return {
        "phone": col.text(col.digits(phone, 11), rng.random(count) < 0.9),
        "bank_account": col.text(np.concatenate(account, axis=1), rng.random(count) < 0.97),
    }


def row_numbers(prefix: Bytes, serial: Ints) -> Bytes:
    """Number with a two-digit serial appended: a person's in the household."""
    return np.concatenate([prefix, col.digits(serial, 2)], axis=1)
