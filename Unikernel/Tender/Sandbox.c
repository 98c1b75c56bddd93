// How the child becomes the image. The image's segments are copied into fresh memory, never writable and executable at
// once; heap and stack lie between guard pages; descriptors, privileges and limits are cut down; then the trampoline
// takes away every mapping that is not the image's, and the image closes the sandbox with the filter prepared here.
#include "Filter.h"
#include "tender.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../Sources/CRuntime/include/CRuntime.h"

extern const uint8_t trampoline_start[], trampoline_end[];

enum { PAGE = 4096, STACK = 512 << 10, MOST_SEGMENTS = 8, MOST_MAPPINGS = 256 };
enum { CONSOLE_LIMIT = 4 << 20 };

// Where images are linked to (process.ld), clear of anything the kernel maps by itself.
static const uint64_t lowest_address = 0x10000000, highest_address = 0x70000000;

struct range {
  uint64_t start, end;
};

struct unmapping {
  uint64_t start, length, may_fail;
};

static struct range kept[MOST_SEGMENTS + 8];
static int kept_count;

static void keep(uint64_t start, uint64_t end) { kept[kept_count++] = (struct range){start, end}; }

static void refuse(const char *why) {
  errno = ENOEXEC;
  fail(why);
}

// Memory between two guard pages, all of it kept.
static uint8_t *guarded(uint64_t size) {
  uint8_t *base = mmap(0, size + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED || mprotect(base + PAGE, size, PROT_READ | PROT_WRITE)) fail("memory");
  keep((uint64_t)base, (uint64_t)base + size + 2 * PAGE);
  return base + PAGE;
}

static void load_segment(int file, const Elf64_Phdr *segment) {
  uint64_t start = segment->p_vaddr & ~(uint64_t)(PAGE - 1);
  uint64_t end = (segment->p_vaddr + segment->p_memsz + PAGE - 1) & ~(uint64_t)(PAGE - 1);
  if (segment->p_memsz < segment->p_filesz || end <= start || start < lowest_address || end > highest_address)
    refuse("the image has a segment outside its range");
  if ((segment->p_flags & (PF_W | PF_X)) == (PF_W | PF_X)) refuse("the image has a segment both writable and executable");
  void *base = mmap(
      (void *)start, end - start, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (base != (void *)start) fail("the image's segment cannot be mapped");
  ssize_t count = pread(file, (void *)segment->p_vaddr, segment->p_filesz, (off_t)segment->p_offset);
  if (count != (ssize_t)segment->p_filesz) refuse("the image is cut short");
  int protection = (segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_W ? PROT_WRITE : 0) |
                   (segment->p_flags & PF_X ? PROT_EXEC : 0);
  if (mprotect(base, end - start, protection)) fail("mprotect");
  keep(start, end);
}

static uint64_t load_image(int file) {
  Elf64_Ehdr header;
  if (pread(file, &header, sizeof header, 0) != sizeof header || memcmp(header.e_ident, ELFMAG, SELFMAG) ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64 || header.e_type != ET_EXEC ||
      header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > 32)
    refuse("not an image of this target");
  int segments = 0, entered = 0;
  for (int index = 0; index < header.e_phnum; index++) {
    Elf64_Phdr segment;
    off_t at = (off_t)(header.e_phoff + (uint64_t)index * sizeof segment);
    if (pread(file, &segment, sizeof segment, at) != sizeof segment) refuse("the image is cut short");
    if (segment.p_type != PT_LOAD || segment.p_memsz == 0) continue;
    if (++segments > MOST_SEGMENTS) refuse("the image has too many segments");
    load_segment(file, &segment);
    if (segment.p_flags & PF_X && header.e_entry >= segment.p_vaddr &&
        header.e_entry < segment.p_vaddr + segment.p_filesz)
      entered = 1;
  }
  if (!entered) refuse("the image's entry is not in its code");
  return header.e_entry;
}

static int is_kept(uint64_t start, uint64_t end) {
  for (int index = 0; index < kept_count; index++)
    if (start >= kept[index].start && end <= kept[index].end) return 1;
  return 0;
}

// Adds what of one mapping is not kept. The kernel may join neighbouring mappings into one line of /proc/self/maps, so a
// mapping can be kept in part.
static int list_rest(struct unmapping *list, int count, uint64_t start, uint64_t end, int may_fail) {
  while (start < end) {
    uint64_t stop = end;
    int inside = 0;
    for (int index = 0; index < kept_count; index++) {
      if (start >= kept[index].start && start < kept[index].end) {
        inside = 1;
        stop = kept[index].end < end ? kept[index].end : end;
        break;
      }
      if (kept[index].start > start && kept[index].start < stop) stop = kept[index].start;
    }
    if (!inside) {
      if (count >= MOST_MAPPINGS) refuse("too many mappings");
      list[count++] = (struct unmapping){start, stop - start, (uint64_t)may_fail};
    }
    start = stop;
  }
  return count;
}

static int list_unmappings(struct unmapping *list) {
  static char text[1 << 16];
  int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t size = 0;
  for (ssize_t got; (got = read(file, text + size, sizeof text - 1 - size)) > 0;) size += (size_t)got;
  close(file);
  if (file < 0 || size == 0 || size == sizeof text - 1) fail("/proc/self/maps");
  int count = 0;
  for (char *line = text; line && *line;) {
    char *next = strchr(line, '\n');
    if (next) *next++ = 0;
    uint64_t start, end;
    if (sscanf(line, "%lx-%lx", &start, &end) != 2) break;
    // The kernel may have sealed its own two pages against unmapping; they hold nothing of the tender's.
    int kernels = strstr(line, "[vdso]") || strstr(line, "[vvar");
    if (start < 0x800000000000 && !is_kept(start, end)) count = list_rest(list, count, start, end, kernels);
    line = next;
  }
  return count;
}

static void set_limit(int resource, rlim_t value) {
  struct rlimit limit = {value, value};
  if (setrlimit(resource, &limit)) fail("setrlimit");
}

static void drop_privileges(const struct sandbox *sandbox) {
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_FSIZE, CONSOLE_LIMIT);
  set_limit(RLIMIT_MEMLOCK, 0);
  set_limit(RLIMIT_NPROC, 0);
  signal(SIGXFSZ, SIG_IGN);
  if (!give_up_rights()) fail("dropping privileges");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("no_new_privs");
  // After the change of user, which clears it: the image does not outlive its tender.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != sandbox->tender) _exit(3);
}

static void arrange_descriptors(const struct sandbox *sandbox) {
  // Above all targets first, so that none is overwritten before it is moved.
  int tap = fcntl(sandbox->tap, F_DUPFD, 16), control = fcntl(sandbox->control, F_DUPFD, 16);
  int console = fcntl(sandbox->console, F_DUPFD, 16);
  if (tap < 0 || control < 0 || console < 0 || dup2(tap, TESTUDO_TAP) < 0 || dup2(control, TESTUDO_CONTROL) < 0 ||
      dup2(console, TESTUDO_CONSOLE) < 0)
    fail("descriptors");
  if (syscall(SYS_close_range, TESTUDO_CONTROL + 1, ~0u, 0) || syscall(SYS_close_range, 0, 1, 0)) fail("close_range");
}

// What the C library told the kernel about memory that is about to vanish.
static void forget_library(void) {
  syscall(SYS_set_robust_list, 0, 24);
  if (__rseq_size)
    syscall(
        SYS_rseq, (uint8_t *)__builtin_thread_pointer() + __rseq_offset, 32, 1 /* unregister */, 0x53053053);
}

__attribute__((no_stack_protector)) void become_image(const struct sandbox *sandbox) {
  struct stat boot;
  if (fstat(sandbox->boot, &boot) || boot.st_size > (16 << 20)) fail("boot");
  uint64_t entry = load_image(sandbox->image);
  uint64_t heap_size = (sandbox->memory + PAGE - 1) & ~(uint64_t)(PAGE - 1);
  uint8_t *heap = guarded(heap_size);
  uint8_t *stack = guarded(STACK);
  uint8_t *thread = guarded(PAGE);

  uint64_t tables = (sizeof(struct unmapping) * (MOST_MAPPINGS + 1) + sizeof(struct testudo_startup) + 2 * PAGE);
  uint64_t startup_size = (tables + (uint64_t)boot.st_size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
  uint8_t *page = guarded(startup_size);
  uint8_t *trampoline = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (trampoline == MAP_FAILED) fail("memory");
  keep((uint64_t)trampoline, (uint64_t)trampoline + PAGE);
  memcpy(trampoline, trampoline_start, (size_t)(trampoline_end - trampoline_start));
  if (mprotect(trampoline, PAGE, PROT_READ | PROT_EXEC)) fail("mprotect");

  struct testudo_startup *startup = (struct testudo_startup *)page;
  struct unmapping *unmappings = (struct unmapping *)(startup + 1);
  struct sock_filter *filter = (struct sock_filter *)(unmappings + MOST_MAPPINGS + 1);
  uint8_t *message = page + tables;
  unsigned short filter_length;
  const struct sock_filter *rules = image_filter(&filter_length);
  memcpy(filter, rules, filter_length * sizeof *rules);
  struct sock_fprog program = {filter_length, filter};
  startup->magic = TESTUDO_STARTUP_MAGIC;
  memcpy(startup->filter, &program, sizeof program);
  startup->heap = heap;
  startup->heap_size = heap_size;
  startup->boot = message;
  startup->boot_size = (uint64_t)boot.st_size;
  if (pread(sandbox->boot, message, (size_t)boot.st_size, 0) != boot.st_size) fail("boot");

  // FS points to a page whose word at 0x28 is the stack canary, where code built for Linux looks for it. Its first byte
  // is zero, so that no string copy can reproduce it.
  uint64_t *words = (uint64_t *)thread;
  words[0] = (uint64_t)thread;
  if (getrandom(&words[5], 8, 0) != 8) fail("getrandom");
  words[5] &= ~0xFFull;
  if (mprotect(thread, PAGE, PROT_READ)) fail("mprotect");

  drop_privileges(sandbox);
  arrange_descriptors(sandbox);
  int count = list_unmappings(unmappings);
  unmappings[count] = (struct unmapping){0, 0, 0};
  if (mprotect(page, startup_size, PROT_READ)) fail("mprotect");
  forget_library();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);

  register uint64_t rbx __asm__("rbx") = (uint64_t)startup;
  register uint64_t r12 __asm__("r12") = (uint64_t)unmappings;
  register uint64_t r13 __asm__("r13") = (uint64_t)thread;
  register uint64_t r14 __asm__("r14") = entry;
  register uint64_t r15 __asm__("r15") = (uint64_t)trampoline;
  __asm__ volatile(
      "mov %0, %%rsp\n jmp *%%r15"
      :
      : "r"(stack + STACK - 64), "r"(rbx), "r"(r12), "r"(r13), "r"(r14), "r"(r15));
  __builtin_unreachable();
}
