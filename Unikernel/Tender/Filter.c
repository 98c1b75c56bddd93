// The system calls of an image, with their arguments: a seccomp filter (seccomp(2), bpf of linux/filter.h). Whatever else
// is tried kills the process.
#include "Filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "../Sources/CRuntime/include/CRuntime.h"

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
// The lower and upper half of an argument, on a little-endian machine.
#define LOW(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define HIGH(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n) + 4)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
// Skips `otherwise` instructions unless the accumulator is `value`.
#define UNLESS(value, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (otherwise))
#define IF(value, then) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), 0)

// One block per system call. A block that is not the call's is skipped whole and leaves the number in the accumulator;
// each ends in KILL and ALLOW, and its jumps go to one of the two.
static const struct sock_filter filter[] = {
    LOAD(arch), IF(AUDIT_ARCH_X86_64, 1), KILL,
    LOAD(nr),
    // read(TAP or control, …)
    UNLESS(SYS_read, 7),
    HIGH(0), UNLESS(0, 3),
    LOW(0), IF(TESTUDO_TAP, 2), IF(TESTUDO_CONTROL, 1),
    KILL, ALLOW,
    // write(TAP, control or console, …)
    UNLESS(SYS_write, 8),
    HIGH(0), UNLESS(0, 4),
    LOW(0), IF(TESTUDO_TAP, 3), IF(TESTUDO_CONTROL, 2), IF(TESTUDO_CONSOLE, 1),
    KILL, ALLOW,
    // ppoll(…, at most 2, …, no signal mask)
    UNLESS(SYS_ppoll, 10),
    HIGH(1), UNLESS(0, 6),
    LOW(1), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 2, 4, 0),
    LOW(3), UNLESS(0, 2),
    HIGH(3), IF(0, 1),
    KILL, ALLOW,
    // clock_gettime(CLOCK_REALTIME or CLOCK_MONOTONIC, …)
    UNLESS(SYS_clock_gettime, 5),
    LOW(0), IF(0, 2), IF(1, 1),
    KILL, ALLOW,
    IF(SYS_exit_group, 1),
    KILL, ALLOW,
};

const struct sock_filter *image_filter(unsigned short *length) {
  *length = sizeof filter / sizeof *filter;
  return filter;
}
