// How long a handler may take. An image has one thread, and nothing could interrupt it from outside but its end; so the
// handler's own code counts: it is compiled with a call of __sanitizer_cov_trace_pc in every block of code without a
// branch (the `trace-pc` coverage of LLVM), so that no loop and no recursion goes uncounted.
#include "CHandler.h"

static uint64_t allowed = UINT64_MAX, left = UINT64_MAX;

void testudo_handler_begin(uint64_t steps) { allowed = left = steps; }

uint64_t testudo_handler_end(void) {
  uint64_t taken = allowed - left;
  allowed = left = UINT64_MAX;
  return taken;
}

#if !defined(__linux__)

// What every platform has (CRuntime.h).
long testudo_write(long descriptor, const void *buffer, unsigned long count);
void testudo_exit(long status) __attribute__((noreturn));

// The handler's frames cannot be unwound, and to leave them would leave its variables as they are in mid-change. So the
// image ends, as it does at any trap, and a fresh one takes its place.
__attribute__((noreturn, noinline)) static void end_image(void) {
  allowed = left = UINT64_MAX;
  testudo_handler_exhausted();
  static const char message[] = "testudo: the handler took more steps than it may for one request\n";
  testudo_write(2, message, sizeof message - 1);
  testudo_exit(115);
}

void testudo_handler_report(const uint8_t *frame, uint64_t count) { testudo_write(4, frame, count); }

void __sanitizer_cov_trace_pc(void) {
  if (__builtin_expect(left == 0, 0)) end_image();
  left--;
}

#endif
