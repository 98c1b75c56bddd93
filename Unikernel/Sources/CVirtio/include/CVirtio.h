// Memory that a device reads and writes at the same time: the compiler may not reorder or elide these.
#pragma once
#include <stdint.h>

static inline uint16_t virtio_load16(const void *address) { return __atomic_load_n((const uint16_t *)address, __ATOMIC_ACQUIRE); }
static inline uint32_t virtio_load32(const void *address) { return __atomic_load_n((const uint32_t *)address, __ATOMIC_ACQUIRE); }
static inline void virtio_store16(void *address, uint16_t value) { __atomic_store_n((uint16_t *)address, value, __ATOMIC_RELEASE); }
static inline void virtio_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
