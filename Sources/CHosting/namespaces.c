#define _GNU_SOURCE
#include "CHosting.h"

#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/vfs.h>

struct visit {
  int network;
  void (*body)(void *);
  void *context;
  int result;
};

static void *visit_network(void *argument) {
  struct visit *visit = argument;
  int moved = visit->network < 0 ? unshare(CLONE_NEWNET) : setns(visit->network, CLONE_NEWNET);
  if (moved != 0) {
    visit->result = -errno;
  } else {
    visit->body(visit->context);
  }
  return NULL;
}

int hosting_in_network(int network, void (*body)(void *), void *context) {
  struct visit visit = {network, body, context, 0};
  // The thread inherits a mask without signals: none may be handled in a namespace the program does not expect.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int failed = pthread_create(&thread, NULL, visit_network, &visit);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed != 0) return -failed;
  pthread_join(thread, NULL);
  return visit.result;
}

int hosting_enter_network(int network) { return setns(network, CLONE_NEWNET) == 0 ? 0 : -errno; }

int hosting_pin_network(const char *path) {
  return mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL) == 0 ? 0 : -errno;
}

int hosting_unpin_network(const char *path) { return umount2(path, MNT_DETACH) == 0 ? 0 : -errno; }

int hosting_share_mount(const char *folder) {
  if (mount("", folder, "none", MS_SHARED | MS_REC, NULL) == 0) return 0;
  // EINVAL: not a mount point yet.
  if (errno != EINVAL) return -errno;
  if (mount(folder, folder, "none", MS_BIND | MS_REC, NULL) != 0) return -errno;
  return mount("", folder, "none", MS_SHARED | MS_REC, NULL) == 0 ? 0 : -errno;
}

int hosting_is_namespace(const char *path) {
  struct statfs information;
  if (statfs(path, &information) != 0) return errno == ENOENT ? 0 : -errno;
  return information.f_type == NSFS_MAGIC;
}
