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

// What an image of the microvm target is run by.
struct machine {
  const char *emulator;       // QEMU's path
  const char *accelerator;    // "tcg" or "kvm"
  unsigned long long memory;  // bytes of all of the machine's memory
};

// Machine.c: how much memory a machine needs for an image with that much heap, and how it is started in place of the child.
unsigned long long machine_memory(const struct sandbox *sandbox);
void become_machine(const struct sandbox *sandbox, const struct machine *machine) __attribute__((noreturn));

// Whether QEMU runs the probe image (Unikernel/Probe) to its end in time, with KVM or without.
int probe_machine(const char *emulator, const char *probe, int is_kvm);

// What QEMU may use beyond the machine's memory: its own code and data, and the code it translates.
enum { EMULATOR_MEMORY = 160 << 20 };

// Sandbox.c: maps the image, closes the sandbox and jumps into it.
void become_image(const struct sandbox *sandbox) __attribute__((noreturn));

// How long an image has to exit when it is told to, in milliseconds, before it is killed.
enum { TIME_TO_EXIT = 500 };

// Relay.c: carries frames between the image and whoever is connected, until the image's end closes; when SIGTERM comes, the
// image is told to exit. Gives the connection that is left, or -1.
int relay(int image, int listener, int connection);

// Rights.c: gives up the rights of whoever started the tender: the child becomes nobody or, where there is nobody else to
// become, in a user namespace of an ordinary user, keeps that user and gives up every capability. 0 if that failed.
int becomes_nobody(void);
int give_up_rights(void);

// Limits.c: puts the image into a control group of its own with bounds on memory and processor time; 0 if none is
// writable. And takes that group away again.
int limit_resources(pid_t child, unsigned long long memory);
void release_limits(pid_t child);
