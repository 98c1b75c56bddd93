#define _GNU_SOURCE
#include "CHosting.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { maximum_descriptors = 8, first_free = 64 };

int hosting_spawn(const char *path, char *const arguments[], char *const environment[], const int *descriptors,
                  int count, int output, int errors, pid_t *process) {
  if (count < 0 || count > maximum_descriptors) return -EINVAL;
  // All sources are first moved out of the way of the numbers they are to become.
  int sources[maximum_descriptors + 2];
  int opened = 0, failed = 0;
  for (int index = 0; index < count + 2 && !failed; index += 1) {
    int wanted = index == 0 ? output : index == 1 ? errors : descriptors[index - 2];
    sources[index] = wanted < 0 && index < 2 ? open("/dev/null", O_WRONLY | O_CLOEXEC)
                                             : fcntl(wanted, F_DUPFD_CLOEXEC, first_free);
    if (sources[index] < 0) {
      failed = errno;
    } else {
      opened += 1;
    }
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (!failed) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    for (int index = 0; index < count + 2 && !failed; index += 1) {
      failed = posix_spawn_file_actions_adddup2(&actions, sources[index], index + 1);
    }
    if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(&actions, count + 3);
    if (!failed) failed = posix_spawnattr_setsigmask(&attributes, &none);
    if (!failed) failed = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!failed) {
      failed = posix_spawnattr_setflags(&attributes,
                                        POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    if (!failed) failed = posix_spawn(process, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  for (int index = 0; index < opened; index += 1) close(sources[index]);
  return -failed;
}

int hosting_process_open(pid_t process) {
  long descriptor = syscall(SYS_pidfd_open, process, 0);
  return descriptor < 0 ? -errno : (int)descriptor;
}

int hosting_process_signal(int descriptor, int signal) {
  return syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0) == 0 ? 0 : -errno;
}

int hosting_signal_descriptor(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0) return -errno;
  signal(SIGPIPE, SIG_IGN);
  int descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int hosting_signal_next(int descriptor) {
  struct signalfd_siginfo information;
  return read(descriptor, &information, sizeof information) == sizeof information ? (int)information.ssi_signo : 0;
}
