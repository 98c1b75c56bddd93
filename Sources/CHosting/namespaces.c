#define _GNU_SOURCE
#include "CHosting.h"

#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

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

int hosting_can_unshare(void) {
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child == 0) _exit(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 ? 0 : errno);
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -errno;
  }
  return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  void (*body)(void *);
  void *context;
} stay = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, NULL};

static void *stay_here(void *argument) {
  pthread_mutex_lock(&stay.lock);
  for (;;) {
    while (stay.body == NULL) pthread_cond_wait(&stay.changed, &stay.lock);
    stay.body(stay.context);
    stay.body = NULL;
    pthread_cond_broadcast(&stay.changed);
  }
  return argument;
}

int hosting_stay(void) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int failed = pthread_create(&thread, NULL, stay_here, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed == 0) pthread_detach(thread);
  return -failed;
}

void hosting_run_in_stay(void (*body)(void *), void *context) {
  pthread_mutex_lock(&stay.lock);
  stay.context = context;
  stay.body = body;
  pthread_cond_broadcast(&stay.changed);
  while (stay.body != NULL) pthread_cond_wait(&stay.changed, &stay.lock);
  pthread_mutex_unlock(&stay.lock);
}

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
