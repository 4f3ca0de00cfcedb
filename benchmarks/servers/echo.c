/* The smallest WebSocket echo server: what the kernel alone costs, and so the machine's ceiling.
 *
 * It knows one handshake key (that of our load client), short masked text frames that come whole,
 * and nothing else. Usage: echo; prints its port.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const char hello[] =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void answer(int client) {
    unsigned char in[65536], out[65536];
    ssize_t length = recv(client, in, sizeof in, 0);
    if (length <= 0) {
        close(client);
        return;
    }
    if (in[0] == 'G') {
        send(client, hello, sizeof hello - 1, MSG_NOSIGNAL);
        return;
    }
    size_t filled = 0;
    for (ssize_t at = 0; at + 6 <= length;) {
        size_t head = 2, size = in[at + 1] & 127;
        if (size == 126) size = in[at + 2] << 8 | in[at + 3], head = 4;
        memcpy(out + filled, in + at, head);
        out[filled + 1] &= 127;
        const unsigned char *mask = in + at + head;
        for (size_t i = 0; i < size; i++) out[filled + head + i] = mask[4 + i] ^ mask[i & 3];
        filled += head + size;
        at += head + 4 + size;
    }
    send(client, out, filled, MSG_NOSIGNAL);
}

int main(void) {
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poller = epoll_create1(0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    if (bind(listener, (struct sockaddr *)&at, size) || listen(listener, 4096)) return 1;
    getsockname(listener, (struct sockaddr *)&at, &size);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poller, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != listener) {
                answer(events[i].data.fd);
                continue;
            }
            event.data.fd = accept(listener, NULL, NULL);
            setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            epoll_ctl(poller, EPOLL_CTL_ADD, event.data.fd, &event);
        }
    }
}
