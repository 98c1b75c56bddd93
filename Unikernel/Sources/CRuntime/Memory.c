// memcpy and its kin, which the compiler calls, and the heap behind posix_memalign and free.
#include "CRuntime.h"

#if !defined(__linux__)

typedef uint64_t unaligned64 __attribute__((aligned(1), may_alias));
typedef uint32_t unaligned32 __attribute__((aligned(1), may_alias));
typedef uint16_t unaligned16 __attribute__((aligned(1), may_alias));
typedef long long vector __attribute__((vector_size(16), aligned(1), may_alias));

// Keeps the compiler from turning these loops into calls of the functions they are in.
#define NO_IDIOM __asm__ volatile("" ::: "memory")

// Loads everything before storing anything, so that it serves overlapping ranges of up to 32 bytes as well.
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t count) {
  if (count >= 16) {
    vector first = *(const vector *)from, last = *(const vector *)(from + count - 16);
    *(vector *)to = first;
    *(vector *)(to + count - 16) = last;
  } else if (count >= 8) {
    uint64_t first = *(const unaligned64 *)from, last = *(const unaligned64 *)(from + count - 8);
    *(unaligned64 *)to = first;
    *(unaligned64 *)(to + count - 8) = last;
  } else if (count >= 4) {
    uint32_t first = *(const unaligned32 *)from, last = *(const unaligned32 *)(from + count - 4);
    *(unaligned32 *)to = first;
    *(unaligned32 *)(to + count - 4) = last;
  } else if (count >= 2) {
    uint16_t first = *(const unaligned16 *)from, last = *(const unaligned16 *)(from + count - 2);
    *(unaligned16 *)to = first;
    *(unaligned16 *)(to + count - 2) = last;
  } else if (count) {
    *to = *from;
  }
}

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (count <= 32) {
    copy_short(target, source, count);
    return to;
  }
  if (count > 512) {
    void *result = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count)::"memory");
    return result;
  }
  vector tail = *(const vector *)(source + count - 16);
  uint8_t *end = target + count - 16;
  while (target < end) {
    *(vector *)target = *(const vector *)source;
    target += 16;
    source += 16;
    NO_IDIOM;
  }
  *(vector *)end = tail;
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (count <= 32) {
    copy_short(target, source, count);
    return to;
  }
  if (target + count <= source || source + count <= target) return memcpy(to, from, count);
  if (target <= source) {
    // Forward is safe; the vector loop of memcpy is not, since its tail is loaded first, so move by plain steps.
    size_t index = 0;
    for (; index + 16 <= count; index += 16) {
      *(vector *)(target + index) = *(const vector *)(source + index);
      NO_IDIOM;
    }
    for (; index < count; index++) {
      target[index] = source[index];
      NO_IDIOM;
    }
  } else {
    size_t index = count;
    for (; index >= 16; index -= 16) {
      *(vector *)(target + index - 16) = *(const vector *)(source + index - 16);
      NO_IDIOM;
    }
    for (; index > 0; index--) {
      target[index - 1] = source[index - 1];
      NO_IDIOM;
    }
  }
  return to;
}

void *memset(void *to, int value, size_t count) {
  void *result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
  return result;
}

int memcmp(const void *left, const void *right, size_t count) {
  const uint8_t *a = left, *b = right;
  for (size_t index = 0; index < count; index++) {
    if (a[index] != b[index]) return a[index] - b[index];
    NO_IDIOM;
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t count = 0;
  while (text[count]) {
    count++;
    NO_IDIOM;
  }
  return count;
}

double ceil(double value) {
  double whole = (double)(int64_t)value;
  return whole < value ? whole + 1 : whole;
}

// --- what code built with _FORTIFY_SOURCE calls (Debian's BearSSL): the same, with the size of the target known ---

static void check_size(size_t count, size_t size) {
  static const char message[] = "buffer overflow detected\n";
  if (count <= size) return;
  testudo_write(TESTUDO_CONSOLE, message, sizeof message - 1);
  testudo_exit(114);
}

void *__memcpy_chk(void *to, const void *from, size_t count, size_t size) {
  check_size(count, size);
  return memcpy(to, from, count);
}

void *__memmove_chk(void *to, const void *from, size_t count, size_t size) {
  check_size(count, size);
  return memmove(to, from, count);
}

void *__memset_chk(void *to, int value, size_t count, size_t size) {
  check_size(count, size);
  return memset(to, value, count);
}

// --- stack protection ---

uintptr_t __stack_chk_guard;

__attribute__((no_stack_protector)) void testudo_set_canary(uint64_t value) { __stack_chk_guard = value; }

__attribute__((noreturn)) void __stack_chk_fail(void) {
  static const char message[] = "stack smashing detected\n";
  testudo_write(TESTUDO_CONSOLE, message, sizeof message - 1);
  testudo_exit(113);
}

// --- seeds of hashing ---

static uint8_t hashing_seed[32];
static size_t hashing_position;

void testudo_seed_hashing(const uint8_t *seed, size_t count) {
  for (size_t index = 0; index < count; index++) hashing_seed[index % sizeof hashing_seed] ^= seed[index];
}

// Swift asks once, for the seed of its hash function. It is not used for keys.
void arc4random_buf(void *buffer, size_t count) {
  uint8_t *bytes = buffer;
  for (size_t index = 0; index < count; index++) {
    bytes[index] = hashing_seed[hashing_position++ % sizeof hashing_seed];
    NO_IDIOM;
  }
}

#endif
