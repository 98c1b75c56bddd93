// The heap: one region of fixed size, given by the tender. Small blocks come from free lists by size class; large ones
// from an address-ordered list of free spans that are merged as they touch. Nothing is locked: an image has one thread.
#include "CRuntime.h"

#if !defined(__linux__)

// Sixteen bytes before every block, so that free() knows what it was.
struct header {
  uint32_t size_class;  // LARGE for a span
  uint32_t offset;      // from the start of the underlying block to this header: alignment beyond 16 bytes
  uint64_t span;        // bytes of a span, header included
};

struct free_block {
  struct free_block *next;
};

struct free_span {
  struct free_span *next;
  uint64_t size;
};

enum { CLASSES = 44, LARGE = 0xFFFF, LARGEST_SMALL = 65536 };

static uint8_t *fresh, *limit;
static struct free_block *free_blocks[CLASSES];
static struct free_span *free_spans;
static uint64_t used;

void testudo_heap_open(void *base, uint64_t size) {
  fresh = base;
  limit = fresh + size;
}

uint64_t testudo_heap_used(void) { return used; }

// 16, 32, 48, 64, then four steps per doubling up to 64 KiB.
static unsigned class_of(uint64_t size) {
  if (size <= 64) return (unsigned)((size + 15) / 16 - 1);
  unsigned power = 63 - (unsigned)__builtin_clzll(size - 1);  // 2^power <= size-1 < 2^(power+1)
  uint64_t step = 1ull << (power - 2);
  return 4 + (power - 6) * 4 + (unsigned)((size - 1 - (1ull << power)) / step);
}

static uint64_t size_of(unsigned size_class) {
  if (size_class < 4) return (size_class + 1) * 16;
  unsigned power = 6 + (size_class - 4) / 4;
  return (1ull << power) + ((size_class - 4) % 4 + 1) * (1ull << (power - 2));
}

static struct header *take_fresh(uint64_t bytes) {
  if ((uint64_t)(limit - fresh) < bytes) return 0;
  struct header *block = (struct header *)fresh;
  fresh += bytes;
  return block;
}

static struct header *take_span(uint64_t bytes) {
  for (struct free_span **link = &free_spans; *link; link = &(*link)->next) {
    struct free_span *span = *link;
    if (span->size < bytes) continue;
    if (span->size - bytes >= 4096) {
      // The front is used, the rest stays free.
      struct free_span *rest = (struct free_span *)((uint8_t *)span + bytes);
      rest->next = span->next;
      rest->size = span->size - bytes;
      *link = rest;
    } else {
      bytes = span->size;
      *link = span->next;
    }
    ((struct header *)span)->span = bytes;
    return (struct header *)span;
  }
  struct header *block = take_fresh(bytes);
  if (block) block->span = bytes;
  return block;
}

static void give_span(struct header *block) {
  struct free_span *span = (struct free_span *)block;
  uint64_t size = block->span;
  struct free_span **link = &free_spans, *before = 0;
  while (*link && *link < span) {
    before = *link;
    link = &(*link)->next;
  }
  span->size = size;
  span->next = *link;
  *link = span;
  if (span->next && (uint8_t *)span + span->size == (uint8_t *)span->next) {
    span->size += span->next->size;
    span->next = span->next->next;
  }
  if (before && (uint8_t *)before + before->size == (uint8_t *)span) {
    before->size += span->size;
    before->next = span->next;
    span = before;
  }
  // A span at the end of what was ever used becomes fresh memory again, for blocks of any class.
  if ((uint8_t *)span + span->size == fresh) {
    fresh = (uint8_t *)span;
    link = &free_spans;
    while (*link != span) link = &(*link)->next;
    *link = span->next;
  }
}

static void *allocate(uint64_t size) {
  struct header *block;
  if (size <= LARGEST_SMALL) {
    unsigned size_class = class_of(size ? size : 1);
    if (free_blocks[size_class]) {
      block = (struct header *)free_blocks[size_class] - 1;
      free_blocks[size_class] = free_blocks[size_class]->next;
    } else {
      block = take_fresh(sizeof *block + size_of(size_class));
      if (!block) block = take_span((sizeof *block + size_of(size_class) + 15) & ~15ull);
      if (!block) return 0;
    }
    block->size_class = size_class;
    used += size_of(size_class);
  } else {
    if (size > (uint64_t)(limit - fresh) && !free_spans) return 0;
    block = take_span((sizeof *block + size + 15) & ~15ull);
    if (!block) return 0;
    block->size_class = LARGE;
    used += block->span;
  }
  block->offset = 0;
  return block + 1;
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment <= 16) {
    *result = allocate(size);
    return *result ? 0 : 12;
  }
  uint8_t *raw = allocate(size + alignment);
  if (!raw) return 12;
  uint8_t *aligned = (uint8_t *)(((uintptr_t)raw + alignment - 1) & ~(uintptr_t)(alignment - 1));
  if (aligned != raw) {
    struct header *shadow = (struct header *)aligned - 1;
    shadow->offset = (uint32_t)(aligned - raw);
    shadow->size_class = LARGE;
  }
  *result = aligned;
  return 0;
}

void testudo_heap_free(void *pointer) {
  if (!pointer) return;
  struct header *block = (struct header *)pointer - 1;
  if (block->offset) block = (struct header *)((uint8_t *)pointer - block->offset) - 1;
  if (block->size_class == LARGE) {
    used -= block->span;
    give_span(block);
    return;
  }
  struct free_block *freed = (struct free_block *)(block + 1);
  freed->next = free_blocks[block->size_class];
  free_blocks[block->size_class] = freed;
  used -= size_of(block->size_class);
}

#endif
