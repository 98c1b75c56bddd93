// Whom the child becomes. As root that is nobody. In a user namespace of an ordinary user (user_namespaces(7)) there is only
// that user, whose rights there are capabilities, and the child gives up all of them, for good.
#include "tender.h"

#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534 };

// Whether there is such a user in this user namespace.
static int has_nobody(void) {
  FILE *map = fopen("/proc/self/uid_map", "re");
  unsigned inside, outside, count;
  int found = 0;
  while (map && fscanf(map, "%u %u %u", &inside, &outside, &count) == 3)
    if (NOBODY >= inside && NOBODY - inside < count) found = 1;
  // Where it cannot be told, becoming nobody is tried, and must succeed.
  if (!map) return 1;
  fclose(map);
  return found;
}

int becomes_nobody(void) { return geteuid() == 0 && has_nobody(); }

int give_up_rights(void) {
  if (becomes_nobody())
    return !(setgroups(0, 0) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY));
  // Up to the last that the kernel knows.
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    if (geteuid() == 0 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)) return 0;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2] = {0};
  return syscall(SYS_capset, &header, none) == 0;
}
