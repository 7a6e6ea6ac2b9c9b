"""seccomp: which system calls a process may make from now on.

A filter of classic BPF (linux/filter.h, linux/seccomp.h). What is denied gives EPERM, so that a file that
merely tries is told off and goes on. Numbers: arch/x86/entry/syscalls/syscall_64.tbl and, for aarch64,
include/uapi/asm-generic/unistd.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
DENIED = {
    "x86_64": {
        "socket": 41, "connect": 42, "bind": 49, "fork": 57, "vfork": 58, "execve": 59, "kill": 62,
        "ptrace": 101, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94, "utime": 132,
        "mknod": 133, "setpriority": 141, "sched_setparam": 142, "sched_setscheduler": 144, "chroot": 161,
        "mount": 165, "umount2": 166, "swapon": 167, "reboot": 169, "sethostname": 170, "init_module": 175,
        "tkill": 200, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197,
        "sched_setaffinity": 203, "utimes": 235, "kexec_load": 246, "add_key": 248, "request_key": 249,
        "keyctl": 250, "ioprio_set": 251, "mknodat": 259, "fchownat": 260, "futimesat": 261, "fchmodat": 268,
        "unshare": 272, "utimensat": 280, "perf_event_open": 298, "name_to_handle_at": 303,
        "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
        "finit_module": 313, "memfd_create": 319, "bpf": 321, "execveat": 322, "userfaultfd": 323,
        "io_uring_setup": 425, "pidfd_send_signal": 424, "pidfd_open": 434, "pidfd_getfd": 438,
        "process_madvise": 440, "mount_setattr": 442, "memfd_secret": 447, "fchmodat2": 452,
        "setxattrat": 463, "shmget": 29, "shmat": 30, "msgget": 68, "semget": 64,
        "settimeofday": 164, "adjtimex": 159, "clock_settime": 227, "rt_sigqueueinfo": 129,
        "rt_tgsigqueueinfo": 297,
    },
    "aarch64": {
        "socket": 198, "connect": 203, "bind": 200, "execve": 221, "kill": 129, "ptrace": 117, "fchmod": 52,
        "fchmodat": 53, "fchownat": 54, "fchown": 55, "mknodat": 33, "setpriority": 140,
        "sched_setparam": 118, "sched_setscheduler": 119, "sched_setaffinity": 122, "chroot": 51, "mount": 40,
        "umount2": 39, "swapon": 224, "reboot": 142, "sethostname": 161, "init_module": 105, "tkill": 130,
        "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14, "kexec_load": 104, "add_key": 217,
        "request_key": 218, "keyctl": 219, "ioprio_set": 30, "unshare": 97, "utimensat": 88,
        "perf_event_open": 241, "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "finit_module": 273, "memfd_create": 279,
        "bpf": 280, "execveat": 281, "userfaultfd": 282, "io_uring_setup": 425, "pidfd_send_signal": 424,
        "pidfd_open": 434, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442,
        "memfd_secret": 447, "fchmodat2": 452, "setxattrat": 463, "shmget": 194, "shmat": 196, "msgget": 186,
        "semget": 190, "settimeofday": 170, "adjtimex": 171, "clock_settime": 112, "rt_sigqueueinfo": 138,
        "rt_tgsigqueueinfo": 240,
    },
}  # fmt: skip
CLONE = {"x86_64": 56, "aarch64": 220}
TGKILL = {"x86_64": 234, "aarch64": 131}
PRLIMIT = {"x86_64": 302, "aarch64": 261}
CLONE3 = 435
CLONE_THREAD = 0x00010000
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
LOAD, EQUAL, BITS_SET, AT_LEAST, GIVE = 0x20, 0x15, 0x45, 0x35, 0x06
NUMBER_AT, ARCH_AT, FIRST_ARGUMENT_AT = 0, 4, 16
X32_BIT = 0x40000000


class SeccompUnavailableError(OSError):
    """The kernel or the architecture does not offer what the recorder needs."""


def available() -> bool:
    """Say whether a filter can be put in place here."""
    has_filters = ctypes.CDLL(None, use_errno=True).prctl(21, 0, 0, 0, 0) == 0
    return has_filters and platform.machine() in AUDIT_ARCH


def confine() -> None:
    """Deny this process the calls above for good; threads stay possible, processes do not.

    Raises SeccompUnavailableError.
    """
    if not available():
        raise SeccompUnavailableError(f"no seccomp filter on {platform.machine()}")
    lines = _program(platform.machine(), os.getpid())
    code = b"".join(struct.pack("HBBI", *line) for line in lines)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
        error = ctypes.get_errno()
        raise SeccompUnavailableError(error, f"seccomp could not be set: {os.strerror(error)}")


def _program(machine: str, pid: int) -> list[tuple[int, int, int, int]]:
    """Give the filter: (operation, jump if true, jump if false, constant) each."""
    refuse = REFUSE | errno.EPERM
    lines = [
        (LOAD, 0, 0, ARCH_AT),
        (EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (GIVE, 0, 0, refuse),
        (LOAD, 0, 0, NUMBER_AT),
    ]
    if machine == "x86_64":
        lines += [(AT_LEAST, 0, 1, X32_BIT), (GIVE, 0, 0, refuse)]
    # glibc falls back to clone, whose flags a filter can see
    lines += [(EQUAL, 0, 1, CLONE3), (GIVE, 0, 0, REFUSE | errno.ENOSYS)]
    for number in DENIED[machine].values():
        lines += [(EQUAL, 0, 1, number), (GIVE, 0, 0, refuse)]
    lines += [
        (EQUAL, 0, 4, CLONE[machine]),
        (LOAD, 0, 0, FIRST_ARGUMENT_AT),
        (BITS_SET, 0, 1, CLONE_THREAD),
        (GIVE, 0, 0, ALLOW),
        (GIVE, 0, 0, refuse),
    ]
    for number in (TGKILL[machine], PRLIMIT[machine]):
        # only at itself: its own id, or 0 where that means the caller
        lines += [
            (EQUAL, 0, 5, number),
            (LOAD, 0, 0, FIRST_ARGUMENT_AT),
            (EQUAL, 2, 0, pid),
            (EQUAL, 1, 0, 0),
            (GIVE, 0, 0, refuse),
            (GIVE, 0, 0, ALLOW),
        ]
    return [*lines, (GIVE, 0, 0, ALLOW)]
