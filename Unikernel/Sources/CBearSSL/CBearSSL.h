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
size_t strlen(const char *text);
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

/* The generic classes that TLS with AEAD suites is made of. */
static inline void cbearssl_set_suites(br_ssl_engine_context *engine) {
  br_ssl_engine_set_hash(engine, br_sha256_ID, &br_sha256_vtable);
  br_ssl_engine_set_hash(engine, br_sha384_ID, &br_sha384_vtable);
  br_ssl_engine_set_hash(engine, br_sha512_ID, &br_sha512_vtable);
  br_ssl_engine_set_prf_sha256(engine, &br_tls12_sha256_prf);
  br_ssl_engine_set_prf_sha384(engine, &br_tls12_sha384_prf);
  br_ssl_engine_set_gcm(engine, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
  br_ssl_engine_set_chapol(engine, &br_sslrec_in_chapol_vtable, &br_sslrec_out_chapol_vtable);
}

/*
 * AES, GHASH, ChaCha20 and Poly1305: with the processor's instructions where it has them, else without look-ups in
 * tables that secrets index. What every processor of the architecture has is named outright, so that nothing else is
 * linked into an image.
 */
static inline void cbearssl_set_ciphers(br_ssl_engine_context *engine) {
  const br_block_ctr_class *aes = br_aes_x86ni_ctr_get_vtable();
  br_ssl_engine_set_aes_ctr(engine, aes ? aes : &br_aes_ct64_ctr_vtable);
  br_ghash ghash = br_ghash_pclmul_get();
  br_ssl_engine_set_ghash(engine, ghash ? ghash : &br_ghash_ctmul64);
#if defined(__x86_64__)
  br_ssl_engine_set_chacha20(engine, &br_chacha20_sse2_run);
  br_ssl_engine_set_poly1305(engine, &br_poly1305_ctmulq_run);
#else
  br_chacha20_run chacha = br_chacha20_sse2_get();
  br_ssl_engine_set_chacha20(engine, chacha ? chacha : &br_chacha20_ct_run);
  br_poly1305_run poly = br_poly1305_ctmulq_get();
  br_ssl_engine_set_poly1305(engine, poly ? poly : &br_poly1305_ctmul_run);
#endif
}

/* The hash functions that certificates are signed with. */
static inline void cbearssl_set_certificate_hashes(br_x509_minimal_context *context) {
  br_x509_minimal_set_hash(context, br_sha256_ID, &br_sha256_vtable);
  br_x509_minimal_set_hash(context, br_sha384_ID, &br_sha384_vtable);
  br_x509_minimal_set_hash(context, br_sha512_ID, &br_sha512_vtable);
}

/* The curve of X25519. */
static inline const br_ec_impl *cbearssl_x25519(void) {
  return &br_ec_c25519_m31;
}

/* The hash function of that number; NULL if TLS does not use it here. */
static inline const br_hash_class *cbearssl_hash(int id) {
  switch (id) {
    case br_sha256_ID: return &br_sha256_vtable;
    case br_sha384_ID: return &br_sha384_vtable;
    case br_sha512_ID: return &br_sha512_vtable;
    default: return NULL;
  }
}

/* Signing with RSA: with 64-bit multiplications where the compiler knew them. */
static inline br_rsa_pkcs1_sign cbearssl_rsa_sign(void) {
#if defined(__x86_64__)
  return &br_rsa_i62_pkcs1_sign;
#else
  br_rsa_pkcs1_sign sign = br_rsa_i62_pkcs1_sign_get();
  return sign ? sign : &br_rsa_i31_pkcs1_sign;
#endif
}

/* Verifying RSA signatures, likewise. */
static inline br_rsa_pkcs1_vrfy cbearssl_rsa_verify(void) {
#if defined(__x86_64__)
  return &br_rsa_i62_pkcs1_vrfy;
#else
  br_rsa_pkcs1_vrfy verify = br_rsa_i62_pkcs1_vrfy_get();
  return verify ? verify : &br_rsa_i31_pkcs1_vrfy;
#endif
}

/* The object identifier of SHA-256, as signatures by PKCS #1 have it. */
static inline const unsigned char *cbearssl_sha256_identifier(void) {
  return (const unsigned char *)BR_HASH_OID_SHA256;
}

/* The cache of sessions as its class, which a server context takes. */
static inline const br_ssl_session_cache_class **cbearssl_cache(br_ssl_session_cache_lru *cache) {
  return &cache->vtable;
}

/* The checks of certificate chains as their class, which an engine takes. */
static inline const br_x509_class **cbearssl_validator(br_x509_minimal_context *context) {
  return &context->vtable;
}

/* Whether what an engine sends is still in clear. */
static inline int cbearssl_sends_clear(const br_ssl_engine_context *engine) {
  return engine->out.vtable == NULL || engine->out.vtable == &br_sslrec_out_clear_vtable;
}

/* Overwrites secrets in memory that is about to be given back; not left out by the compiler. */
static inline void cbearssl_wipe(void *memory, size_t count) {
  memset(memory, 0, count);
  __asm__ volatile("" : : "r"(memory) : "memory");
}

#endif
