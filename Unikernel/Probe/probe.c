// A machine that does what images need of a processor, and says so with its exit status: protected memory and 64 bits
// (which is how far it must come to run at all), SSE, an interrupt of the local timer out of HLT. Started to find out
// whether KVM can be used on a host: on some it is emulated in parts, and stops at the first SSE instruction.
//
// With `fault=N` on its command line it does instead what must end a machine; tests look whether it does.
#include "../Sources/CMicroVMPlatform/include/CMicroVMPlatform.h"

enum { WORKS = 42, WRONG = 43 };

typedef float vector __attribute__((vector_size(16)));

// Only the platform's own archives are linked.
long testudo_write(long descriptor, const void *buffer, unsigned long count) {
  (void)descriptor, (void)buffer;
  return (long)count;
}
void testudo_exit(long status) { testudo_machine_exit((uint32_t)status); }

extern uint64_t testudo_page_tables[], testudo_global_descriptors[];

static volatile int depth_limit = 1 << 30;

static int overflow(int depth) {
  volatile char room[512];
  room[0] = (char)depth;
  return depth < depth_limit ? overflow(depth + 1) + room[0] : 0;
}

static void commit(char fault) {
  static volatile uint8_t data[16] = {0xC3};  // ret
  uint8_t *code = (uint8_t *)commit;
  switch (fault) {
    case '1': *(volatile uint8_t *)code = 0xC3; break;                     // code is not written
    case '2': ((void (*)(void))data)(); break;                             // data are not executed
    case '3': ((void (*)(void))__builtin_frame_address(0))(); break;       // nor is the stack
    case '4': overflow(0); break;                                          // the stack has an end
    case '5': *(volatile int *)(uintptr_t)8; break;                        // nothing is at null
    case '6': testudo_page_tables[0] = 3; break;                           // page tables are sealed
    case '7': testudo_global_descriptors[1] = 0; break;                    // descriptor tables too
    case '8': *(volatile char *)"read only" = 'R'; break;                  // constants are not written
    case '9': __asm__ volatile("ud2"); break;                              // no exception is ignored
  }
}

void testudo_machine_main(const struct testudo_machine *machine) {
  testudo_interrupts_start();
  for (uint64_t index = 0; index + 6 < machine->command_line_size; index++) {
    const char *word = machine->command_line + index;
    if (word[0] != 'f' || word[1] != 'a' || word[5] != '=') continue;
    testudo_machine_seal(testudo_processor_entropy());
    commit(word[6]);
    testudo_machine_exit(WRONG);
  }
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
