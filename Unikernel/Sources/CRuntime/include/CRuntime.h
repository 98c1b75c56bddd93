// The lowest part of every image, whatever runs it: what it needs from C and assembly, and what its platform gives to it.
#pragma once
#include <stddef.h>
#include <stdint.h>

// What an image starts with. On the process target the tender fills it (Tender/Sandbox.c) and Start.S reads `filter` by its
// offset; on the microvm target the platform does (MicroVMPlatform/MachineMain.swift).
struct testudo_startup {
  uint64_t magic;                 // TESTUDO_STARTUP_MAGIC
  uint64_t filter[2];             // process: struct sock_fprog of the seccomp filter that Start.S installs; at offset 8
  void *heap;                     // zeroed, readable and writable
  uint64_t heap_size;             // bytes
  const uint8_t *boot;            // the signed boot message, read-only
  uint64_t boot_size;             // bytes
  const uint8_t *entropy;         // what the platform adds to the entropy of the boot message
  uint64_t entropy_size;          // bytes; 0 on the process target, which has no source of its own
};
#define TESTUDO_STARTUP_MAGIC 0x314F445554534554ull

// The ways in and out that an image has: descriptors of the process target, and names on the other.
#define TESTUDO_CONSOLE 2
#define TESTUDO_TAP 3
#define TESTUDO_CONTROL 4

// What the tender itself tells an image over the control channel: a frame of this one byte, which no message is as short as,
// and which the tender takes from nobody else. An empty frame of the image says that it has read CHANGED, and is the last
// until the new end has proved itself.
#define TESTUDO_CONTROL_CHANGED 1      // another end is connected from here on
#define TESTUDO_CONTROL_TURNED_AWAY 2  // somebody wanted to be the other end, and is not
#define TESTUDO_CONTROL_END 3          // the image is to exit

// A time as the kernel has it.
struct testudo_time {
  int64_t seconds, nanoseconds;
};

// What a platform gives: read, write, clock_gettime(2), ppoll(2) and exit as Linux has them; negative results are errno
// values. On the process target these are its only system calls.
long testudo_read(long descriptor, void *buffer, size_t count);
long testudo_write(long descriptor, const void *buffer, size_t count);
long testudo_clock_gettime(long clock, struct testudo_time *time);
long testudo_ppoll(void *descriptors, size_t count, const struct testudo_time *timeout);
void testudo_exit(long status) __attribute__((noreturn));

// Runs an image whose heap is open, to its end (Runtime/ImageMain.swift).
void testudo_image_run(const struct testudo_startup *startup) __attribute__((noreturn));

// The heap.
void testudo_heap_open(void *base, uint64_t size);
uint64_t testudo_heap_used(void);

// The canary of stack protection, set before anything else runs.
void testudo_set_canary(uint64_t value);

// What hashing of Swift's dictionaries is seeded with; set once the generator is seeded.
void testudo_seed_hashing(const uint8_t *seed, size_t count);

// Bounds of what the linker gathered.
const void *testudo_modules_start(void);
const void *testudo_modules_stop(void);
const uint8_t *testudo_configuration(void);
size_t testudo_configuration_size(void);
