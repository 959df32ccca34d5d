#pragma once
#include <curl/curl.h>
#include <stddef.h>

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: one wrapper for each kind of argument.

static inline CURLcode vt_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode vt_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode vt_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode vt_curl_set_bytes(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode vt_curl_set_off(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode vt_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*vt_curl_write_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode vt_curl_set_write(CURL *handle, CURLoption option, vt_curl_write_callback value) {
    return curl_easy_setopt(handle, option, value);
}

typedef int (*vt_curl_progress_callback)(
    void *context, curl_off_t down_total, curl_off_t down_now, curl_off_t up_total, curl_off_t up_now);

static inline CURLcode vt_curl_set_progress(CURL *handle, vt_curl_progress_callback value) {
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, value);
}

static inline CURLcode vt_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode vt_curl_get_off(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode vt_curl_get_string(CURL *handle, CURLINFO info, const char **value) {
    return curl_easy_getinfo(handle, info, (char **)value);
}

typedef int (*vt_curl_request_callback)(
    void *context, char *remote_address, char *local_address, int remote_port, int local_port);

// By number: these options are younger than the oldest libcurl the daemon runs on (7.81), and the oldest it builds with.

// CURLOPT_PREREQFUNCTION, since 7.80: called when the connection stands, right before a request leaves.
static inline CURLcode vt_curl_set_request(CURL *handle, vt_curl_request_callback value) {
    return curl_easy_setopt(handle, (CURLoption)(CURLOPTTYPE_FUNCTIONPOINT + 312), value);
}

// CURLOPT_PREREQDATA, since 7.80.
static inline CURLcode vt_curl_set_request_context(CURL *handle, void *value) {
    return curl_easy_setopt(handle, (CURLoption)(CURLOPTTYPE_OBJECTPOINT + 313), value);
}

// CURLOPT_PROTOCOLS_STR since 7.85, before that CURLOPT_PROTOCOLS with the same protocols as bits.
static inline CURLcode vt_curl_set_protocols(CURL *handle, const char *names, long bits) {
    CURLcode code = curl_easy_setopt(handle, (CURLoption)(CURLOPTTYPE_OBJECTPOINT + 318), names);
    if (code == CURLE_UNKNOWN_OPTION)
        code = curl_easy_setopt(handle, (CURLoption)(CURLOPTTYPE_LONG + 181), bits);
    return code;
}

// CURLOPT_QUICK_EXIT, since 7.87: a time limit does not wait for a name server that is silent.
static inline void vt_curl_set_quick_exit(CURL *handle) {
    curl_easy_setopt(handle, (CURLoption)(CURLOPTTYPE_LONG + 322), 1L);
}

static inline CURLcode vt_curl_start(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}
