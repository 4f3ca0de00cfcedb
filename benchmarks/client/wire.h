/* One connection of the load client: TCP or TLS, WebSocket frames or HTTP answers. */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

enum state { CONNECTING, SECURING, GREETING, OPEN, CLOSED };

struct connection {
    int socket;
    enum state state;
    int is_watched_for_write;
    uint32_t number; /* of the message that is under way */
    double sent_at;
    void *tls;
    char *in, *out;
    size_t in_length, in_room, out_length, out_done, out_room;
};

struct target {
    const char *host, *port, *path;
    int is_tls, is_websocket;
};

/* What came: `text` is a whole message, or the body of an HTTP answer with its status. */
typedef void (*on_message)(struct connection *from, const char *text, size_t length, int status);

extern int poller;
double now(void);
void die(const char *why);
void open_connection(struct connection *connection, const struct target *target, unsigned index);
void send_text(struct connection *connection, const char *text, size_t length);
void send_raw(struct connection *connection, const char *bytes, size_t length);
/* Goes on with one connection after epoll has named it; returns 1 when it has just opened. */
int advance(struct connection *connection, const struct target *target, on_message deliver);

#endif
