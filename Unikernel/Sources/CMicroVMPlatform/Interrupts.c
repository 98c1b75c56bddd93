// Interrupts, through the local APIC and the I/O APIC (Intel SDM volume 3, chapter 11; 82093AA). They are let in only while
// the machine is halted: a turn of the event loop is never interrupted, and looks at what there is by itself.
#include "CMicroVMPlatform.h"

#if !defined(__linux__)

volatile uint32_t testudo_interrupts;

static uint8_t *local, *io;

void testudo_interrupts_start(void) {
  local = testudo_map_device(0xFEE00000, 4096);
  io = testudo_map_device(0xFEC00000, 4096);
  testudo_register_write(local + 0x80, 0);               // task priority: everything
  testudo_register_write(local + 0x350, 0x10000);        // LINT0, where a PIC would be: masked
  testudo_register_write(local + 0x360, 0x10000);        // LINT1
  testudo_register_write(local + 0xF0, 0x1FF);           // on; spurious interrupts are vector 255
  testudo_register_write(local + 0x3E0, 0xB);            // the timer counts every tick
  testudo_register_write(local + 0x320, 32 + TESTUDO_TIMER);  // once
}

void testudo_interrupt_route(uint32_t pin) {
  if (pin >= TESTUDO_TIMER) return;
  // To this processor, on edges: a device has its line up until it is told that it was heard.
  testudo_register_write(io, 0x11 + 2 * pin);
  testudo_register_write(io + 0x10, testudo_register_read(local + 0x20) & 0xFF000000);
  testudo_register_write(io, 0x10 + 2 * pin);
  testudo_register_write(io + 0x10, 32 + pin);
}

uint32_t testudo_wait_for_interrupts(void) {
  // Interrupts are let in with the instruction after sti: none can come between the two and be slept through.
  if (!testudo_interrupts) __asm__ volatile("sti; hlt; cli" ::: "memory");
  uint32_t which = testudo_interrupts;
  testudo_interrupts = 0;
  return which;
}

void testudo_timer_set(uint32_t ticks) { testudo_register_write(local + 0x380, ticks); }

uint32_t testudo_timer_left(void) { return testudo_register_read(local + 0x390); }

#endif
