/*
 * BearSSL (https://bearssl.org), as the Swift module `Cryptography` and its tests see it, on the host and in an image.
 *
 * BearSSL's headers need <stddef.h> and <stdint.h>, which the compiler has itself, and <string.h>, for memcpy alone. An
 * image has no C library: there, the include guard that glibc and musl share keeps their <string.h> out, and what is
 * needed of it is declared here. Every image provides these functions anyway, since the compiler emits calls to them.
 */
#ifndef CBEARSSL_H
#define CBEARSSL_H

#if !__STDC_HOSTED__ && !defined(_STRING_H)
#define _STRING_H 1
#include <stddef.h>
void *memcpy(void *restrict destination, const void *restrict source, size_t count);
void *memmove(void *destination, const void *source, size_t count);
void *memset(void *destination, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);
#endif

#include <bearssl.h>

/*
 * BearSSL keeps pointers to these descriptions, so they must not be copied. Swift may copy an imported constant when its
 * address is taken; a function that returns the address leaves it no choice.
 */

/* SHA-256, for HMAC and what is built on it. */
static inline const br_hash_class *cbearssl_sha256(void) {
  return &br_sha256_vtable;
}

/* The curve P-256, in 31-bit limbs: constant-time on every processor with a constant-time 32-bit multiplication. */
static inline const br_ec_impl *cbearssl_p256(void) {
  return &br_ec_p256_m31;
}

#endif
