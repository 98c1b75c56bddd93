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

static void name_group(char *path, size_t size, const char *root, pid_t child) {
  snprintf(path, size, "%s/testudo-%d", root, (int)child);
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
  const char *const bytes[][2] = {{"memory.limit_in_bytes", bound}};
  const char *const processor[][2] = {{"cpu.cfs_period_us", "100000"}, {"cpu.cfs_quota_us", "100000"}};
  int limited = join("/sys/fs/cgroup/memory", child, bytes, 1);
  return join("/sys/fs/cgroup/cpu", child, processor, 2) || limited;
}

void release_limits(pid_t child) {
  static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu"};
  for (unsigned index = 0; index < sizeof roots / sizeof *roots; index++) {
    char path[200];
    name_group(path, sizeof path, roots[index], child);
    rmdir(path);
  }
}
