// Bounds on memory and processor time, through control groups: version 2 where it is mounted with its controllers, else
// version 1. An image may use one processor at most, and its heap plus what the kernel keeps for it.
#include "tender.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int put(const char *folder, const char *file, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  int target = open(path, O_WRONLY | O_CLOEXEC);
  if (target < 0) return 0;
  ssize_t written = write(target, text, strlen(text));
  close(target);
  return written == (ssize_t)strlen(text);
}

// The group that the image's own is made in: what `group` in the instance's folder names, which is that of its tenant, with
// bounds of its own; empty where there is none.
static const char *parent_group(void) {
  static char name[80];
  static int is_read;
  if (is_read) return name;
  is_read = 1;
  int file = open("group", O_RDONLY | O_CLOEXEC);
  if (file < 0) return name;
  ssize_t length = read(file, name, sizeof name - 1);
  close(file);
  name[length > 0 ? length : 0] = 0;
  if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name)) name[0] = 0;
  return name;
}

static void name_group(char *path, size_t size, const char *root, pid_t child) {
  const char *parent = parent_group();
  snprintf(path, size, "%s%s%s/testudo-%d", root, *parent ? "/" : "", parent, (int)child);
}

static int join(const char *root, pid_t child, const char *const settings[][2], int count) {
  char path[200], pid[32];
  name_group(path, sizeof path, root, child);
  if (mkdir(path, 0755) && errno != EEXIST) return 0;
  for (int index = 0; index < count; index++) {
    if (!put(path, settings[index][0], settings[index][1])) {
      rmdir(path);
      return 0;
    }
  }
  snprintf(pid, sizeof pid, "%d", (int)child);
  if (put(path, "cgroup.procs", pid)) return 1;
  rmdir(path);
  return 0;
}

int limit_resources(pid_t child, unsigned long long memory) {
  char bound[32];
  snprintf(bound, sizeof bound, "%llu", memory + (16ull << 20));
  const char *const unified[][2] = {{"memory.max", bound}, {"cpu.max", "100000 100000"}};
  if (join("/sys/fs/cgroup", child, unified, 2)) return 1;
  // In version 1, a group's share may not be greater than that of the one it is in, which bounds it then.
  int shares = *parent_group() ? 0 : 2;
  const char *const bytes[][2] = {{"memory.limit_in_bytes", bound}};
  const char *const processor[][2] = {{"cpu.cfs_period_us", "100000"}, {"cpu.cfs_quota_us", "100000"}};
  int limited = join("/sys/fs/cgroup/memory", child, bytes, 1);
  join("/sys/fs/cgroup/pids", child, 0, 0);
  return join("/sys/fs/cgroup/cpu", child, processor, shares) || limited;
}

void release_limits(pid_t child) {
  static const char *const roots[] = {
      "/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/pids"};
  for (unsigned index = 0; index < sizeof roots / sizeof *roots; index++) {
    char path[200];
    name_group(path, sizeof path, roots[index], child);
    rmdir(path);
  }
}
