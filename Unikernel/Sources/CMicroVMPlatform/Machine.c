// What stands between Entry.S and the image: memory, descriptor tables, and what happens on an exception.
#include "CMicroVMPlatform.h"
#include "CRuntime.h"

#if !defined(__linux__)

enum { PAGE = 4096, LARGE = 2 << 20, TABLES = 64, SPARES = 8 };
static const uint64_t present = 1, writable = 2, uncached = 0x18, large_page = 0x80, no_execute = 1ull << 63;

extern uint64_t testudo_page_map[512], testudo_page_directories[4 * 512], testudo_page_tables[TABLES * 512];
extern uint64_t testudo_spare_tables[SPARES][512], testudo_global_descriptors[5];
extern uint8_t __sealed_start[], __sealed_end[], __stack_bottom[], __stack_top[], __fault_stack_top[], __image_end[];
extern const uint8_t testudo_exception_stubs[], testudo_interrupt_stubs[], testudo_spurious_stub[];

// --- ways out ---

static void port_write32(uint16_t port, uint32_t value) { __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port)); }

void testudo_machine_exit(uint32_t status) {
  port_write32(TESTUDO_EXIT_PORT, TESTUDO_EXIT_BASE + status);
  // A machine without that device. Nothing may go on.
  for (;;) __asm__ volatile("cli; hlt");
}

void testudo_serial_write(uint8_t byte) {
  // The transmitter of QEMU's 16550 takes a byte at once; a real one would say so in its line status.
  for (int tries = 0; tries < 100000 && !(testudo_port_read(0x3FD) & 0x20); tries++) testudo_pause();
  testudo_port_write(0x3F8, byte);
}

static void say(const char *text) {
  while (*text) testudo_serial_write((uint8_t)*text++);
}

static void say_number(const char *name, uint64_t value) {
  static const char digits[] = "0123456789abcdef";
  say(name);
  say("0x");
  int shift = 60;
  while (shift > 0 && !(value >> shift & 15)) shift -= 4;
  for (; shift >= 0; shift -= 4) testudo_serial_write((uint8_t)digits[value >> shift & 15]);
}

static void refuse(const char *why) __attribute__((noreturn));
static void refuse(const char *why) {
  say("testudo: ");
  say(why);
  say("\n");
  testudo_machine_exit(2);
}

// --- exceptions ---

struct frame {
  uint64_t vector, error, instruction, code_segment, flags, stack, stack_segment;
};

void testudo_exception(const struct frame *frame) __attribute__((noreturn));
void testudo_exception(const struct frame *frame) {
  uint64_t address;
  __asm__ volatile("mov %%cr2, %0" : "=r"(address));
  int is_page_fault = frame->vector == 14;
  if (is_page_fault && address < (uint64_t)__stack_bottom && address >= (uint64_t)__stack_bottom - PAGE)
    say("testudo: the stack is full:");
  else if (is_page_fault)
    say("testudo: page fault:");
  else
    say("testudo: exception:");
  say_number(" vector ", frame->vector);
  say_number(" error ", frame->error);
  say_number(" at ", frame->instruction);
  say_number(" stack ", frame->stack);
  if (is_page_fault) say_number(" address ", address);
  say("\n");
  testudo_machine_exit(116);
}

struct gate {
  uint16_t low, segment, options, middle;
  uint32_t high, zero;
};

struct __attribute__((packed)) table_register {
  uint16_t limit;
  const void *base;
};

static struct gate gates[256] __attribute__((section(".sealed.gates"), aligned(16)));
static uint32_t task_state[26] __attribute__((section(".sealed.task"), aligned(16)));

static void set_gate(unsigned vector, const void *stub, int stack) {
  uint64_t address = (uint64_t)stub;
  // A present interrupt gate of 64 bits.
  gates[vector] = (struct gate){
      (uint16_t)address, 8, (uint16_t)(0x8E00 | stack), (uint16_t)(address >> 16), (uint32_t)(address >> 32), 0};
}

static void describe_traps(void) {
  for (unsigned vector = 0; vector < 32; vector++) set_gate(vector, testudo_exception_stubs + 16 * vector, 1);
  for (unsigned source = 0; source <= TESTUDO_TIMER; source++)
    set_gate(32 + source, testudo_interrupt_stubs + 32 * source, 0);
  set_gate(255, testudo_spurious_stub, 0);

  // The first of the stacks that gates can name (IST1), at offset 36.
  uint64_t top = (uint64_t)__fault_stack_top;
  task_state[9] = (uint32_t)top;
  task_state[10] = (uint32_t)(top >> 32);
  task_state[25] = sizeof task_state << 16;
  uint64_t base = (uint64_t)task_state;
  testudo_global_descriptors[1] = 0x00AF9B000000FFFF;
  testudo_global_descriptors[2] = 0x00CF93000000FFFF;
  testudo_global_descriptors[3] =
      (sizeof task_state - 1) | (base & 0xFFFFFF) << 16 | 0x89ull << 40 | (base >> 24 & 0xFF) << 56;
  testudo_global_descriptors[4] = base >> 32;
  struct table_register global = {sizeof(uint64_t) * 5 - 1, testudo_global_descriptors};
  struct table_register interrupts = {sizeof gates - 1, gates};
  __asm__ volatile("lgdt %0; lidt %1; ltr %w2" ::"m"(global), "m"(interrupts), "r"(24) : "memory");
}

// --- memory ---

static unsigned spare_tables;

static void map_page(uint64_t address, uint64_t flags) {
  uint64_t *directory = &testudo_page_directories[address >> 21];
  if (!*directory) {
    if (spare_tables == SPARES) refuse("more memory is to be mapped than there are tables for");
    *directory = (uint64_t)testudo_spare_tables[spare_tables++] | present | writable;
  }
  uint64_t *table = (uint64_t *)(*directory & 0xFFFFFFFFFF000);
  table[address >> 12 & 511] = address | flags;
}

// Maps memory that is not mapped yet, in pages of 2 MiB where nothing else is.
static void map(uint64_t start, uint64_t end, uint64_t flags) {
  start &= ~(uint64_t)(PAGE - 1);
  if (end > 1ull << 32 || start > end) refuse("something is to be mapped beyond 4 GiB");
  while (start < end) {
    if (!(start & (LARGE - 1)) && end - start >= LARGE) {
      testudo_page_directories[start >> 21] = start | flags | large_page;
      start += LARGE;
    } else {
      map_page(start, flags);
      start += PAGE;
    }
  }
  __asm__ volatile("mov %0, %%cr3" ::"r"(testudo_page_map) : "memory");
}

void *testudo_map_device(uint64_t address, uint64_t size) {
  map(address, (address + size + PAGE - 1) & ~(uint64_t)(PAGE - 1), present | writable | uncached | no_execute);
  return (void *)address;
}

static uint64_t fs_words[PAGE / 8] __attribute__((section(".sealed.thread"), aligned(4096)));

static void write_register(uint32_t number, uint64_t value) {
  __asm__ volatile("wrmsr" ::"c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

__attribute__((no_stack_protector)) void testudo_machine_seal(uint64_t canary) {
  // Its first byte is zero, so that no string copy can reproduce it. Code built for Linux reads it at FS:0x28.
  canary &= ~0xFFull;
  fs_words[0] = (uint64_t)fs_words;
  fs_words[5] = canary;
  write_register(0xC0000100, (uint64_t)fs_words);
  testudo_set_canary(canary);
  for (uint64_t page = (uint64_t)__sealed_start; page < (uint64_t)__sealed_end; page += PAGE)
    testudo_page_tables[page >> 12] &= ~writable;
  __asm__ volatile("mov %0, %%cr3" ::"r"(testudo_page_map) : "memory");
}

static void identify(uint32_t leaf, uint32_t values[4]) {
  __asm__ volatile("cpuid" : "=a"(values[0]), "=b"(values[1]), "=c"(values[2]), "=d"(values[3]) : "a"(leaf), "c"(0));
}

uint64_t testudo_processor_entropy(void) {
  uint32_t values[4];
  identify(1, values);
  uint64_t value = 0;
  uint8_t taken = 0;
  if (values[2] >> 30 & 1)
    for (int tries = 0; tries < 16 && !taken; tries++) __asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(taken));
  return value ^ testudo_time_stamp();
}

// What the processor can forbid beyond that: SMEP, SMAP and UMIP. There are no pages and no code of users; should an error
// ever make some, they are of no use.
static void forbid(void) {
  uint32_t values[4];
  identify(0, values);
  if (values[0] < 7) return;
  identify(7, values);
  uint64_t control;
  __asm__ volatile("mov %%cr4, %0" : "=r"(control));
  if (values[1] >> 7 & 1) control |= 1ull << 20;
  if (values[1] >> 20 & 1) control |= 1ull << 21;
  if (values[2] >> 2 & 1) control |= 1ull << 11;
  __asm__ volatile("mov %0, %%cr4" ::"r"(control));
}

// --- what the machine was started with (hvm_start_info of the PVH boot ABI) ---

struct start_info {
  uint32_t magic, version, flags, modules;
  uint64_t module_list, command_line, tables, memory_map;
  uint32_t memory_map_entries, reserved;
};

struct module {
  uint64_t address, size, command_line, reserved;
};

struct memory_map_entry {
  uint64_t address, size;
  uint32_t type, reserved;
};

static char command_line[2048];

void testudo_machine_start(const struct start_info *info) __attribute__((noreturn));
void testudo_machine_start(const struct start_info *info) {
  describe_traps();
  forbid();
  // The firmware's data are in the first MiB. Its first page stays away: it is where null points to.
  map(PAGE, 1 << 20, present | no_execute);
  const uint64_t low = 1 << 20;
  if ((uint64_t)info >= low || info->magic != 0x336EC578 || info->version < 1 || info->module_list >= low ||
      info->memory_map >= low || info->command_line >= low)
    refuse("not started as PVH says");
  const char *given = (const char *)info->command_line;
  struct testudo_machine machine = {.command_line = command_line};
  for (uint64_t index = 0; given && given[index] && index < sizeof command_line; index++) {
    command_line[index] = given[index];
    machine.command_line_size = index + 1;
  }
  uint64_t start = ((uint64_t)__image_end + PAGE - 1) & ~(uint64_t)(PAGE - 1), end = 0;
  const struct memory_map_entry *entries = (const struct memory_map_entry *)info->memory_map;
  for (uint32_t index = 0; index < info->memory_map_entries; index++)
    if (entries[index].type == 1 && entries[index].address <= start &&
        entries[index].address + entries[index].size > start)
      end = (entries[index].address + entries[index].size) & ~(uint64_t)(PAGE - 1);
  if (info->modules < 1) refuse("no boot message; expected one as the first module");
  const struct module *boot = (const struct module *)info->module_list;
  if (boot->address < start + LARGE || boot->address >= end || boot->size > end - boot->address)
    refuse("the boot message does not leave room for a heap");
  machine.boot = (const uint8_t *)boot->address;
  machine.boot_size = boot->size;
  map(boot->address, (boot->address + boot->size + PAGE - 1) & ~(uint64_t)(PAGE - 1), present | no_execute);
  end = boot->address & ~(uint64_t)(PAGE - 1);
  // A page that is not mapped before and after.
  machine.heap = (uint8_t *)start;
  machine.heap_size = end - PAGE - start;
  map(start, end - PAGE, present | writable | no_execute);
  testudo_machine_main(&machine);
}

#endif
