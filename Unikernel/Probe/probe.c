// A machine that does what images need of a processor, and says so with its exit status: protected memory and 64 bits
// (which is how far it must come to run at all), SSE, an interrupt of the local timer out of HLT. Started to find out
// whether KVM can be used on a host: on some it is emulated in parts, and stops at the first SSE instruction.
#include "../Sources/CMicroVMPlatform/include/CMicroVMPlatform.h"

enum { WORKS = 42, WRONG = 43 };

typedef float vector __attribute__((vector_size(16)));

// Only the platform's own archives are linked.
long testudo_write(long descriptor, const void *buffer, unsigned long count) {
  (void)descriptor, (void)buffer;
  return (long)count;
}
void testudo_exit(long status) { testudo_machine_exit((uint32_t)status); }

void testudo_machine_main(const struct testudo_machine *machine) {
  (void)machine;
  testudo_interrupts_start();
  volatile vector sum = {0, 0, 0, 0};
  for (int count = 0; count < 100000; count++) sum += (vector){1, 2, 3, 4};
  vector result = sum;
  if (result[0] != 100000 || result[3] != 400000) testudo_machine_exit(WRONG);
  uint64_t before = testudo_time_stamp();
  testudo_timer_set(1000000);
  if (!(testudo_wait_for_interrupts() >> TESTUDO_TIMER & 1) || testudo_time_stamp() == before)
    testudo_machine_exit(WRONG);
  testudo_machine_exit(WORKS);
}
