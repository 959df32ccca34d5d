#pragma once
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* Macros in OpenSSL, which Swift cannot call. */

static inline void vt_ssl_set_server_name(SSL *ssl, const char *name) { SSL_set_tlsext_host_name(ssl, name); }

static inline void vt_ssl_require_tls12(SSL_CTX *context) { SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION); }

/* Where a write was cut short, the next attempt may come from another buffer with the same bytes. */
static inline void vt_ssl_allow_moving_writes(SSL *ssl) {
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}
