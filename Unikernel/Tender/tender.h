// What the tender's parts share.
#pragma once
#include <sys/types.h>

// What the child needs to become the image.
struct sandbox {
  int image, boot, tap, control, console;
  unsigned long long memory;  // bytes of heap
  pid_t tender;
};

// Says what failed and why on standard error, and exits with status 3.
void fail(const char *what) __attribute__((noreturn));

// Sandbox.c: maps the image, closes the sandbox and jumps into it.
void become_image(const struct sandbox *sandbox) __attribute__((noreturn));

// Relay.c: carries frames between the image and whoever is connected, until the image's end closes or SIGTERM comes.
void relay(int image, int listener, int connection, pid_t child);

// Limits.c: puts the image into a control group of its own with bounds on memory and processor time; 0 if none is
// writable. And takes that group away again.
int limit_resources(pid_t child, unsigned long long memory);
void release_limits(pid_t child);
