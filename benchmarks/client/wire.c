/* Sockets, the opening handshake and frames of the load client; anything unexpected ends the run. */
#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/ssl.h>
#endif

/* The sample of RFC 6455: a fixed key has a fixed answer, which is then compared. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define SOURCES 8 /* client addresses 127.0.0.1 to .8: one has only 28,000 ports */

static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
int poller;

double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

void die(const char *why) {
    fprintf(stderr, "load: %s\n", why);
    exit(1);
}

static void *grow(char **buffer, size_t *room, size_t needed) {
    if (*room < needed) {
        *room = needed < 512 ? 512 : needed * 2;
        if (!(*buffer = realloc(*buffer, *room))) die("out of memory");
    }
    return *buffer;
}

static void watch(struct connection *connection, int for_write, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (for_write ? EPOLLOUT : 0),
                                .data.ptr = connection};
    if (epoll_ctl(poller, operation, connection->socket, &event)) die("epoll_ctl");
    connection->is_watched_for_write = for_write;
}

void open_connection(struct connection *connection, const struct target *target, unsigned index) {
    memset(connection, 0, sizeof *connection);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) die("socket: too many open files?");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + index % SOURCES);
    if (bind(fd, (struct sockaddr *)&from, sizeof from)) die("bind");
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(target->port))};
    to.sin_addr.s_addr = inet_addr(target->host);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) die("connect");
    connection->socket = fd;
    watch(connection, 1, EPOLL_CTL_ADD);
}

static ssize_t transfer(struct connection *connection, char *bytes, size_t length, int is_write) {
#ifdef WITH_TLS
    if (connection->tls) {
        int done = is_write ? SSL_write(connection->tls, bytes, length)
                            : SSL_read(connection->tls, bytes, length);
        if (done > 0) return done;
        int error = SSL_get_error(connection->tls, done);
        errno = EAGAIN;
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
    }
#endif
    return is_write ? send(connection->socket, bytes, length, MSG_NOSIGNAL)
                    : recv(connection->socket, bytes, length, 0);
}

static void flush(struct connection *connection) {
    while (connection->out_done < connection->out_length) {
        ssize_t done = transfer(connection, connection->out + connection->out_done,
                                connection->out_length - connection->out_done, 1);
        if (done <= 0) {
            if (done < 0 && errno == EAGAIN) break;
            die("the server closed a connection");
        }
        connection->out_done += done;
    }
    int is_pending = connection->out_done < connection->out_length;
    if (!is_pending) connection->out_done = connection->out_length = 0;
    if (is_pending != connection->is_watched_for_write) watch(connection, is_pending, EPOLL_CTL_MOD);
}

void send_raw(struct connection *connection, const char *bytes, size_t length) {
    grow(&connection->out, &connection->out_room, connection->out_length + length);
    memcpy(connection->out + connection->out_length, bytes, length);
    connection->out_length += length;
    flush(connection);
}

void send_text(struct connection *connection, const char *text, size_t length) {
    if (length > 32768) die("this client does not fragment");
    char frame[32768 + 8];
    size_t at = 0;
    frame[at++] = (char)0x81;
    if (length < 126) {
        frame[at++] = (char)(0x80 | length);
    } else {
        frame[at++] = (char)(0x80 | 126);
        frame[at++] = (char)(length >> 8);
        frame[at++] = (char)length;
    }
    memcpy(frame + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < length; i++) frame[at + i] = text[i] ^ mask[i & 3];
    send_raw(connection, frame, at + length);
}

static void greet(struct connection *connection, const struct target *target) {
    char request[4096];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: " KEY "\r\n\r\n",
                          target->path, target->host, target->port);
    if (length >= (int)sizeof request) die("the path is too long");
    connection->state = GREETING;
    send_raw(connection, request, length);
}

static void secure(struct connection *connection) {
#ifdef WITH_TLS
    static SSL_CTX *context;
    if (!context) context = SSL_CTX_new(TLS_client_method());
    if (!connection->tls) {
        connection->tls = SSL_new(context);
        SSL_set_fd(connection->tls, connection->socket);
    }
    int done = SSL_connect(connection->tls);
    if (done == 1) {
        connection->state = GREETING;
        return;
    }
    int error = SSL_get_error(connection->tls, done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) die("TLS handshake failed");
    if (connection->is_watched_for_write != (error == SSL_ERROR_WANT_WRITE))
        watch(connection, error == SSL_ERROR_WANT_WRITE, EPOLL_CTL_MOD);
#else
    (void)connection;
    die("built without TLS: install OpenSSL's headers");
#endif
}

/* Each of these takes one whole unit from the front, and returns its length or 0. */

static size_t take_greeting(struct connection *connection) {
    char *end = memmem(connection->in, connection->in_length, "\r\n\r\n", 4);
    if (!end) return 0;
    *end = 0;
    if (strncmp(connection->in, "HTTP/1.1 101", 12) || !strstr(connection->in, ACCEPT)) {
        fprintf(stderr, "%s\n", connection->in);
        die("the handshake was refused");
    }
    connection->state = OPEN;
    return end + 4 - connection->in;
}

static size_t take_frame(struct connection *connection, size_t at, on_message deliver) {
    const unsigned char *in = (unsigned char *)connection->in + at;
    size_t have = connection->in_length - at, head = 2;
    if (have < head) return 0;
    uint64_t length = in[1] & 127;
    int extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (have < head + extra) return 0;
    if (extra) length = 0;
    for (int i = 0; i < extra; i++) length = length << 8 | in[2 + i];
    head += extra;
    if (in[0] != 0x81) die("a frame that is not one whole text message");
    if (have < head + length) return 0;
    deliver(connection, (const char *)in + head, length, 0);
    return head + length;
}

static size_t take_answer(struct connection *connection, size_t at, on_message deliver) {
    char *in = connection->in + at;
    char *end = memmem(in, connection->in_length - at, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = end + 4 - in, length = 0;
    for (char *line = in; line < end; line = memchr(line, '\n', end + 2 - line) + 1)
        if (!strncasecmp(line, "content-length:", 15)) length = atol(line + 15);
    if (connection->in_length - at < head + length) return 0;
    deliver(connection, in + head, length, atoi(in + 9));
    return head + length;
}

static void take_all(struct connection *connection, const struct target *target,
                     on_message deliver) {
    size_t at = 0, taken = 1;
    while (taken) {
        taken = connection->state == GREETING ? take_greeting(connection)
                : target->is_websocket        ? take_frame(connection, at, deliver)
                                              : take_answer(connection, at, deliver);
        at += taken;
    }
    memmove(connection->in, connection->in + at, connection->in_length - at);
    connection->in_length -= at;
}

int advance(struct connection *connection, const struct target *target, on_message deliver) {
    enum state before = connection->state;
    if (before == CONNECTING) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) die(strerror(error));
        connection->state = target->is_tls ? SECURING : GREETING;
    }
    if (connection->state == SECURING) secure(connection);
    if (connection->state == SECURING) return 0;
    if (before != connection->state) {
        if (target->is_websocket) {
            greet(connection, target);
            return 0;
        }
        connection->state = OPEN;
        flush(connection);
        return 1;
    }
    if (connection->out_length) flush(connection);
    for (;;) {
        grow(&connection->in, &connection->in_room, connection->in_length + 512);
        size_t room = connection->in_room - connection->in_length;
        ssize_t got = transfer(connection, connection->in + connection->in_length, room, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) die("the server closed a connection");
        if (got < 0) break;
        connection->in_length += got;
        take_all(connection, target, deliver);
        if (!connection->tls && (size_t)got < room) break;
    }
    return before == GREETING && connection->state == OPEN;
}
