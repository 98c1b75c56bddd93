// The microvm target's lowest part: what cannot be said in Swift. Everything is mapped where it is in physical memory.
#pragma once
#include <stddef.h>
#include <stdint.h>

// What the machine was started with, as Machine.c found it in struct hvm_start_info.
struct testudo_machine {
  uint8_t *heap;                  // zeroed, readable and writable
  uint64_t heap_size;             // bytes
  const uint8_t *boot;            // the signed boot message, read-only: the first module (QEMU's -initrd)
  uint64_t boot_size;             // bytes
  const char *command_line;
  uint64_t command_line_size;     // bytes
};

// Called by Machine.c once memory is protected and exceptions are handled (MicroVMPlatform/MachineMain.swift).
void testudo_machine_main(const struct testudo_machine *machine) __attribute__((noreturn));

// Maps the registers of a device of `size` bytes, uncached. Not possible any more once the tables are sealed.
void *testudo_map_device(uint64_t address, uint64_t size);

// Sets the stack canary, for code of ours and for code built for Linux, and makes page tables, descriptor tables and that
// word read-only for good. The caller must not return.
void testudo_machine_seal(uint64_t canary);

// 64 random bits of the processor's own, or of its time stamp counter where it has none.
uint64_t testudo_processor_entropy(void);

// Interrupts. Sources are numbered: those of devices are the pins of the I/O APIC, TESTUDO_TIMER is the local timer.
#define TESTUDO_TIMER 24
void testudo_interrupts_start(void);
void testudo_interrupt_route(uint32_t pin);
// Waits until an interrupt comes, for those that came since the last call included, and returns which ones as bits.
uint32_t testudo_wait_for_interrupts(void);
// Has the local timer interrupt once, after so many of its ticks; 0 stops it. One tick is a nanosecond on QEMU, with and
// without KVM.
void testudo_timer_set(uint32_t ticks);
// What is left of the timer's ticks.
uint32_t testudo_timer_left(void);

// Ends the machine with an exit status of 0 to 117. It goes to the port of QEMU's isa-debug-exit, which ends with twice what
// is written there and one: the base keeps an image's statuses apart from QEMU's own.
#define TESTUDO_EXIT_PORT 0xF4
#define TESTUDO_EXIT_BASE 10
void testudo_machine_exit(uint32_t status) __attribute__((noreturn));

// One byte to the serial port.
void testudo_serial_write(uint8_t byte);

static inline uint64_t testudo_time_stamp(void) {
  uint32_t low, high;
  __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
  return (uint64_t)high << 32 | low;
}

static inline uint8_t testudo_port_read(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline void testudo_port_write(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint32_t testudo_register_read(const void *address) { return *(const volatile uint32_t *)address; }
static inline void testudo_register_write(void *address, uint32_t value) { *(volatile uint32_t *)address = value; }

static inline void testudo_pause(void) { __asm__ volatile("pause"); }
