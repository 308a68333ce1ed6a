"""Numbers of system calls: what a program may call, what ends it, and those whose arguments are looked at.

From Linux' own tables (`asm/unistd_64.h` for x86_64, `asm-generic/unistd.h` for aarch64). A call in neither list fails
as if the kernel did not know it (ENOSYS), so that a newer C library falls back to an older call.
"""

_X86_64_ALLOWED = (
    "read=0 write=1 open=2 close=3 stat=4 fstat=5 lstat=6 poll=7 lseek=8 mmap=9 mprotect=10 munmap=11 brk=12 "
    "rt_sigaction=13 rt_sigprocmask=14 rt_sigreturn=15 pread64=17 pwrite64=18 readv=19 writev=20 access=21 "
    "pipe=22 select=23 sched_yield=24 mremap=25 msync=26 mincore=27 madvise=28 dup=32 dup2=33 pause=34 nanosleep=35 "
    "getitimer=36 alarm=37 setitimer=38 getpid=39 sendfile=40 recvfrom=45 recvmsg=47 shutdown=48 getsockname=51 "
    "getpeername=52 setsockopt=54 getsockopt=55 exit=60 wait4=61 uname=63 flock=73 fsync=74 fdatasync=75 "
    "ftruncate=77 getdents=78 getcwd=79 chdir=80 fchdir=81 rename=82 mkdir=83 rmdir=84 creat=85 link=86 unlink=87 "
    "symlink=88 readlink=89 umask=95 gettimeofday=96 getrlimit=97 getrusage=98 sysinfo=99 times=100 getuid=102 "
    "getgid=104 geteuid=107 getegid=108 getppid=110 getpgrp=111 getgroups=115 getresuid=118 getresgid=120 "
    "getpgid=121 getsid=124 rt_sigpending=127 rt_sigtimedwait=128 rt_sigsuspend=130 sigaltstack=131 statfs=137 "
    "fstatfs=138 getpriority=140 sched_getparam=143 sched_getscheduler=145 sched_get_priority_max=146 "
    "sched_get_priority_min=147 arch_prctl=158 gettid=186 time=201 futex=202 sched_getaffinity=204 epoll_create=213 "
    "getdents64=217 set_tid_address=218 restart_syscall=219 fadvise64=221 timer_create=222 timer_settime=223 "
    "timer_gettime=224 timer_getoverrun=225 timer_delete=226 clock_gettime=228 clock_getres=229 clock_nanosleep=230 "
    "exit_group=231 epoll_wait=232 epoll_ctl=233 waitid=247 openat=257 mkdirat=258 newfstatat=262 unlinkat=263 "
    "renameat=264 linkat=265 symlinkat=266 readlinkat=267 faccessat=269 pselect6=270 ppoll=271 set_robust_list=273 "
    "get_robust_list=274 epoll_pwait=281 timerfd_create=283 eventfd=284 fallocate=285 timerfd_settime=286 "
    "timerfd_gettime=287 eventfd2=290 epoll_create1=291 dup3=292 pipe2=293 preadv=295 pwritev=296 getcpu=309 "
    "renameat2=316 getrandom=318 membarrier=324 copy_file_range=326 statx=332 rseq=334 close_range=436 "
    "faccessat2=439 epoll_pwait2=441 futex_waitv=449 "
)

_X86_64_FORBIDDEN = (
    "shmget=29 shmat=30 shmctl=31 connect=42 accept=43 sendmsg=46 bind=49 listen=50 fork=57 vfork=58 "
    "execve=59 semget=64 semop=65 msgget=68 msgsnd=69 msgrcv=70 ptrace=101 setuid=105 setgid=106 setpgid=109 "
    "setsid=112 setreuid=113 setregid=114 setgroups=116 setresuid=117 setresgid=119 capset=126 rt_sigqueueinfo=129 "
    "mknod=133 personality=135 pivot_root=155 chroot=161 mount=165 umount2=166 swapon=167 reboot=169 "
    "init_module=175 tkill=200 mq_open=240 kexec_load=246 add_key=248 request_key=249 keyctl=250 mknodat=259 "
    "unshare=272 accept4=288 rt_tgsigqueueinfo=297 perf_event_open=298 open_by_handle_at=304 sendmmsg=307 setns=308 "
    "process_vm_readv=310 process_vm_writev=311 finit_module=313 seccomp=317 memfd_create=319 bpf=321 execveat=322 "
    "userfaultfd=323 pidfd_send_signal=424 io_uring_setup=425 io_uring_enter=426 io_uring_register=427 "
    "pidfd_open=434 pidfd_getfd=438 memfd_secret=447 "
)

_X86_64_INSPECTED = (
    "ioctl=16 socket=41 sendto=44 socketpair=53 clone=56 kill=62 fcntl=72 prctl=157 setrlimit=160 tgkill=234 "
    "prlimit64=302 clone3=435 "
)

_AARCH64_ALLOWED = (
    "getcwd=17 eventfd2=19 epoll_create1=20 epoll_ctl=21 epoll_pwait=22 dup=23 dup3=24 flock=32 "
    "mkdirat=34 unlinkat=35 symlinkat=36 linkat=37 renameat=38 statfs=43 fstatfs=44 ftruncate=46 fallocate=47 "
    "faccessat=48 chdir=49 fchdir=50 openat=56 close=57 pipe2=59 getdents64=61 lseek=62 read=63 write=64 readv=65 "
    "writev=66 pread64=67 pwrite64=68 preadv=69 pwritev=70 sendfile=71 pselect6=72 ppoll=73 readlinkat=78 "
    "newfstatat=79 fstat=80 fsync=82 fdatasync=83 timerfd_create=85 timerfd_settime=86 timerfd_gettime=87 exit=93 "
    "exit_group=94 waitid=95 set_tid_address=96 futex=98 set_robust_list=99 get_robust_list=100 nanosleep=101 "
    "getitimer=102 setitimer=103 timer_create=107 timer_gettime=108 timer_getoverrun=109 timer_settime=110 "
    "timer_delete=111 clock_gettime=113 clock_getres=114 clock_nanosleep=115 sched_getscheduler=120 "
    "sched_getparam=121 sched_getaffinity=123 sched_yield=124 sched_get_priority_max=125 sched_get_priority_min=126 "
    "restart_syscall=128 sigaltstack=132 rt_sigsuspend=133 rt_sigaction=134 rt_sigprocmask=135 rt_sigpending=136 "
    "rt_sigtimedwait=137 rt_sigreturn=139 getpriority=141 getresuid=148 getresgid=150 times=153 getpgid=155 "
    "getsid=156 getgroups=158 uname=160 getrlimit=163 getrusage=165 umask=166 getcpu=168 gettimeofday=169 "
    "getpid=172 getppid=173 getuid=174 geteuid=175 getgid=176 getegid=177 gettid=178 sysinfo=179 getsockname=204 "
    "getpeername=205 recvfrom=207 setsockopt=208 getsockopt=209 shutdown=210 recvmsg=212 brk=214 munmap=215 "
    "mremap=216 mmap=222 fadvise64=223 mprotect=226 msync=227 mincore=232 madvise=233 wait4=260 renameat2=276 "
    "getrandom=278 membarrier=283 copy_file_range=285 statx=291 rseq=293 close_range=436 faccessat2=439 "
    "epoll_pwait2=441 futex_waitv=449 "
)

_AARCH64_FORBIDDEN = (
    "mknodat=33 umount2=39 mount=40 pivot_root=41 chroot=51 capset=91 personality=92 unshare=97 kexec_load=104 "
    "init_module=105 ptrace=117 tkill=130 rt_sigqueueinfo=138 reboot=142 setregid=143 setgid=144 setreuid=145 "
    "setuid=146 setresuid=147 setresgid=149 setpgid=154 setsid=157 setgroups=159 mq_open=180 msgget=186 msgrcv=188 "
    "msgsnd=189 semget=190 semop=193 shmget=194 shmctl=195 shmat=196 bind=200 listen=201 accept=202 "
    "connect=203 sendmsg=211 add_key=217 request_key=218 keyctl=219 execve=221 swapon=224 rt_tgsigqueueinfo=240 "
    "perf_event_open=241 accept4=242 setns=268 sendmmsg=269 process_vm_readv=270 process_vm_writev=271 "
    "finit_module=273 seccomp=277 memfd_create=279 bpf=280 execveat=281 userfaultfd=282 pidfd_send_signal=424 "
    "io_uring_setup=425 io_uring_enter=426 io_uring_register=427 pidfd_open=434 pidfd_getfd=438 memfd_secret=447 "
)

_AARCH64_INSPECTED = (
    "fcntl=25 ioctl=29 kill=129 tgkill=131 setrlimit=164 prctl=167 socket=198 socketpair=199 sendto=206 clone=220 "
    "prlimit64=261 clone3=435 "
)


def _numbers(table: str) -> dict[str, int]:
    return {name: int(number) for name, _, number in (entry.partition("=") for entry in table.split())}


class Calls:
    """The numbers of one machine type: of allowed calls, forbidden ones, and those whose arguments decide."""

    def __init__(self, audit_arch: int, allowed: str, forbidden: str, inspected: str) -> None:
        self.audit_arch = audit_arch
        self.allowed = _numbers(allowed)
        self.forbidden = _numbers(forbidden)
        self.inspected = _numbers(inspected)


# AUDIT_ARCH_* of linux/audit.h.
MACHINES = {
    "x86_64": lambda: Calls(0xC000003E, _X86_64_ALLOWED, _X86_64_FORBIDDEN, _X86_64_INSPECTED),
    "aarch64": lambda: Calls(0xC00000B7, _AARCH64_ALLOWED, _AARCH64_FORBIDDEN, _AARCH64_INSPECTED),
}
