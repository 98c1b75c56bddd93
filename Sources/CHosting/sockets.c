#define _GNU_SOURCE
#include "CHosting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/// Paths over `sizeof sun_path` are reached through a descriptor of their folder.
static int fill(struct sockaddr_un *address, const char *path, int *folder) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  *folder = -1;
  if (strlen(path) < sizeof address->sun_path) {
    strcpy(address->sun_path, path);
    return 0;
  }
  const char *slash = strrchr(path, '/');
  char parent[4096];
  if (slash == NULL || (size_t)(slash - path) >= sizeof parent) return -ENAMETOOLONG;
  memcpy(parent, path, (size_t)(slash - path));
  parent[slash - path] = 0;
  *folder = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (*folder < 0) return -errno;
  int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s", *folder, slash);
  if (length < 0 || (size_t)length >= sizeof address->sun_path) {
    close(*folder);
    return -ENAMETOOLONG;
  }
  return 0;
}

int hosting_unix_socket(const char *path, int listening) {
  struct sockaddr_un address;
  int folder;
  int failed = fill(&address, path, &folder);
  if (failed) return failed;
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) {
    failed = -errno;
  } else if (listening) {
    mode_t before = umask(0177);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) failed = -errno;
    umask(before);
    if (!failed && listen(descriptor, 16) != 0) failed = -errno;
  } else if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
    failed = -errno;
  }
  if (folder >= 0) close(folder);
  if (failed && descriptor >= 0) close(descriptor);
  return failed ? failed : descriptor;
}

int hosting_peer_user(int descriptor, uid_t *user) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -errno;
  *user = credentials.uid;
  return 0;
}

int hosting_accept(int listener) {
  int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int hosting_bell_make(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

void hosting_bell_ring(int descriptor) {
  uint64_t one = 1;
  // Full means rung already.
  ssize_t written = write(descriptor, &one, sizeof one);
  (void)written;
}

void hosting_bell_clear(int descriptor) {
  uint64_t count;
  ssize_t got = read(descriptor, &count, sizeof count);
  (void)got;
}

int hosting_pipe(int ends[2], int capacity) {
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -errno;
  // Where it is refused, the pipe is as large as pipes are.
  (void)fcntl(ends[1], F_SETPIPE_SZ, capacity);
  return 0;
}

ssize_t hosting_splice(int from, int to, size_t most) {
  ssize_t moved = splice(from, NULL, to, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  return moved < 0 ? -errno : moved;
}
