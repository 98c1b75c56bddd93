// The process target's lowest part: what an image needs from C and assembly, and what the tender hands to it.
#pragma once
#include <stddef.h>
#include <stdint.h>

// What the tender leaves in memory for the image. Tender/tender.c fills it; Start.S reads `filter` by its offset.
struct testudo_startup {
  uint64_t magic;                 // TESTUDO_STARTUP_MAGIC
  uint64_t filter[2];             // struct sock_fprog of the seccomp filter that Start.S installs; at offset 8
  void *heap;                     // zeroed, readable and writable
  uint64_t heap_size;             // bytes
  const uint8_t *boot;            // the signed boot message, read-only
  uint64_t boot_size;             // bytes
};
#define TESTUDO_STARTUP_MAGIC 0x314F445554534554ull

// The descriptors an image has.
#define TESTUDO_CONSOLE 2
#define TESTUDO_TAP 3
#define TESTUDO_CONTROL 4

// A time as the kernel has it.
struct testudo_time {
  int64_t seconds, nanoseconds;
};

// System calls; negative results are errno values. No others exist in an image.
long testudo_read(long descriptor, void *buffer, size_t count);
long testudo_write(long descriptor, const void *buffer, size_t count);
long testudo_clock_gettime(long clock, struct testudo_time *time);
long testudo_ppoll(void *descriptors, size_t count, const struct testudo_time *timeout);
void testudo_exit(long status) __attribute__((noreturn));

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
