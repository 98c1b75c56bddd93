// How the child becomes QEMU with an image of the microvm target. QEMU gets what it needs as open descriptors, so that it
// runs as nobody from its first instruction, without the right to gain privileges, behind its own filter of system calls
// (-sandbox), and with no memory both writable and executable (split-wx). Where it accelerates with KVM, it opens /dev/kvm
// first, and becomes nobody itself (-runas).
#include "tender.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../Sources/CMicroVMPlatform/include/CMicroVMPlatform.h"

enum { MEGABYTE = 1 << 20, TRANSLATIONS = 32 };
// What an image has beside its file and its heap: the firmware's data, page tables, stacks (microvm.ld).
enum { OVERHEAD = 5 << 20 };
// What becomes of the descriptors.
enum { TAP = 3, CONTROL, CONSOLE, KERNEL, BOOT, FIRST_UNUSED };

unsigned long long machine_memory(const struct sandbox *sandbox) {
  struct stat image, boot;
  if (fstat(sandbox->image, &image) || fstat(sandbox->boot, &boot)) fail("fstat");
  unsigned long long bytes = sandbox->memory + (unsigned long long)image.st_size + (unsigned long long)boot.st_size + OVERHEAD;
  return (bytes + MEGABYTE - 1) & ~(unsigned long long)(MEGABYTE - 1);
}

// A copy in memory that can be opened by its number whoever the process is, and that cannot be changed.
static int copy(int file, const char *name) {
  struct stat status;
  int memory = memfd_create(name, MFD_ALLOW_SEALING);
  if (memory < 0 || fstat(file, &status)) fail(name);
  off_t at = 0;
  while (at < status.st_size)
    if (sendfile(memory, file, &at, (size_t)(status.st_size - at)) <= 0) fail(name);
  if (fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)) fail(name);
  return memory;
}

static void arrange_descriptors(const struct sandbox *sandbox) {
  int sources[] = {
      sandbox->tap, sandbox->control, sandbox->console, copy(sandbox->image, "image"), copy(sandbox->boot, "boot")};
  // Above all targets first, so that none is overwritten before it is moved.
  for (int index = 0; index < FIRST_UNUSED - TAP; index++)
    if ((sources[index] = fcntl(sources[index], F_DUPFD, 32)) < 0) fail("descriptors");
  for (int index = 0; index < FIRST_UNUSED - TAP; index++)
    if (dup2(sources[index], TAP + index) < 0) fail("descriptors");
  if (dup2(CONSOLE, 1) < 0 || dup2(CONSOLE, 2) < 0 || syscall(SYS_close_range, FIRST_UNUSED, ~0u, 0))
    fail("descriptors");
}

static void set_limit(int resource, rlim_t value) {
  struct rlimit limit = {value, value};
  if (setrlimit(resource, &limit)) fail("setrlimit");
}

static void drop_privileges(const struct sandbox *sandbox, int keeps_user) {
  set_limit(RLIMIT_CORE, 0);
  // The console's bound, and what QEMU keeps translated code in, which is a file to the kernel.
  set_limit(RLIMIT_FSIZE, (TRANSLATIONS + 1) * MEGABYTE);
  set_limit(RLIMIT_MEMLOCK, 0);
  signal(SIGXFSZ, SIG_IGN);
  if (!keeps_user && !give_up_rights()) fail("dropping privileges");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("no_new_privs");
  // After the change of user, which clears it: the machine does not outlive its tender.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != sandbox->tender) _exit(3);
}

// What QEMU is told in every case: how the processor is carried out, and a machine without an interrupt controller, timer or
// table that images do not use. Returns how many arguments there are.
static int common_arguments(char **arguments, const char *emulator, int is_kvm, const char *memory) {
  static char translation[64];
  snprintf(translation, sizeof translation, "tcg,split-wx=on,tb-size=%d", TRANSLATIONS);
  const char *given[] = {
      emulator, "-M",
      "microvm,acpi=off,pit=off,pic=off,rtc=on,isa-serial=on,ioapic2=off,x-option-roms=off,auto-kernel-cmdline=on,"
      "dump-guest-core=off",
      "-accel", is_kvm ? "kvm" : translation, "-cpu", is_kvm ? "host,-arch-capabilities" : "max", "-m", memory, "-smp",
      "1", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-global",
      "virtio-mmio.force-legacy=false", "-rtc", "base=utc,clock=host", "-device",
      "isa-debug-exit,iobase=0xf4,iosize=4", "-sandbox",
      // With -runas, its own change of user must pass; as nobody, without the right to gain privileges, there is no other.
      is_kvm && becomes_nobody() ? "on,obsolete=deny,spawn=deny,resourcecontrol=deny"
             : "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"};
  int count = 0;
  for (unsigned index = 0; index < sizeof given / sizeof *given; index++) arguments[count++] = (char *)given[index];
  if (is_kvm && becomes_nobody()) {
    arguments[count++] = "-runas";
    arguments[count++] = "nobody";
  }
  return count;
}

static char *environment[] = {"PATH=/usr/bin:/bin", 0};

void become_machine(const struct sandbox *sandbox, const struct machine *machine) {
  int is_kvm = !strcmp(machine->accelerator, "kvm");
  char memory[32], words[64];
  snprintf(memory, sizeof memory, "%lluM", machine->memory / MEGABYTE);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  snprintf(words, sizeof words, "testudo.wall=%lld", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
  const char *own[] = {
      "-kernel", "/proc/self/fd/6", "-initrd", "/proc/self/fd/7", "-append", words,
      "-add-fd", "fd=5,set=1", "-chardev", "file,id=console,path=/dev/fdset/1,append=on", "-serial", "chardev:console",
      "-device", "virtio-rng-device",
      "-chardev", "socket,id=control,fd=4", "-device", "virtio-serial-device,max_ports=1",
      "-device", "virtconsole,chardev=control",
      "-netdev", "tap,id=network,fd=3", "-device", "virtio-net-device,netdev=network"};
  char *arguments[64] = {0};
  int count = common_arguments(arguments, machine->emulator, is_kvm, memory);
  for (unsigned index = 0; index < sizeof own / sizeof *own; index++) arguments[count++] = (char *)own[index];
  arrange_descriptors(sandbox);
  drop_privileges(sandbox, is_kvm && becomes_nobody());
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  signal(SIGPIPE, SIG_DFL);
  execve(machine->emulator, arguments, environment);
  fail(machine->emulator);
}

enum { PROBE_WORKS = 42, PROBE_SECONDS = 2 };

int probe_machine(const char *emulator, const char *probe, int is_kvm) {
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    char *arguments[64] = {0};
    int count = common_arguments(arguments, emulator, is_kvm, "16M");
    const char *own[] = {"-kernel", probe, "-initrd", probe, "-serial", "none"};
    for (unsigned index = 0; index < sizeof own / sizeof *own; index++) arguments[count++] = (char *)own[index];
    int nothing = open("/dev/null", O_WRONLY);
    dup2(nothing, 1);
    dup2(nothing, 2);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execve(emulator, arguments, environment);
    _exit(1);
  }
  for (int tenths = 0; tenths < PROBE_SECONDS * 100; tenths++) {
    int status;
    if (waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) && WEXITSTATUS(status) == 2 * (TESTUDO_EXIT_BASE + PROBE_WORKS) + 1;
    usleep(10000);
  }
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
  return 0;
}
