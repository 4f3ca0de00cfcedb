/* A neutral load client: one thread, one epoll, every reply compared byte for byte.
 *
 * load open|echo|fan|posts NAME=VALUE …
 *     host port path tls      whom to connect to
 *     connections             how many WebSockets; opened `at_once` at a time
 *     message expect          what is sent and what has to come; ######## is the message's number
 *     numbers                 after how many messages the number begins again; never by default
 *     warm seconds            how long before, and how long measured
 *     posters post_port       HTTP connections of `posts`, and their port where it is another
 *
 * It says `ready`, `start` and `stop` on a line each as it goes, then one line of JSON. `open` ends
 * with its standard input. `posts` prints the first reply to each WebSocket (its connection id) as
 * `id …`, and reads the name of a file with HTTP requests, each after its length in 4 bytes.
 */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define DIGITS 8
#define LATENCIES_MAX (16 << 20) /* about a minute at the fastest that a core can do */

static struct target target = {"127.0.0.1", "8080", "/", 0, 1}, poster_target;
static const char *mode, *post_port, *message = "########", *expected;
static unsigned numbers = 100000000, count = 1, at_once = 64, poster_count = 50, opened, started, waiting;
static double warm = 1, seconds = 2, measured_from, measured_until;
static struct connection *connections, *posters;
static char **requests;
static uint32_t *request_lengths, request_count, next_request;
static uint32_t serial;
static uint64_t done, delivered;
static float *latencies;
static int is_measuring, is_posting;

static int compare(const void *a, const void *b) {
    return (*(const float *)a > *(const float *)b) - (*(const float *)a < *(const float *)b);
}

/* Writes a template with its number; `length` is that of the template. */
static size_t fill(const char *template, uint32_t number, char *text) {
    size_t length = strlen(template);
    memcpy(text, template, length + 1);
    char *place = strstr(text, "########");
    for (int i = DIGITS - 1; place && i >= 0; i--, number /= 10) place[i] = '0' + number % 10;
    return length;
}

static void ask(struct connection *connection) {
    char text[32768];
    connection->number = serial++ % numbers;
    size_t length = fill(message, connection->number, text);
    connection->sent_at = now();
    send_text(connection, text, length);
}

static void count_one(double since) {
    if (is_measuring && done < LATENCIES_MAX) latencies[done] = (now() - since) * 1e6;
    done += is_measuring;
}

static void check(const char *text, size_t length, uint32_t number) {
    char wanted[32768];
    if (fill(expected, number, wanted) == length && !memcmp(text, wanted, length)) return;
    fprintf(stderr, "came:   %.*s\nwanted: %s\n", (int)length, text, wanted);
    die("a reply differs");
}

static void on_echo(struct connection *from, const char *text, size_t length, int status) {
    (void)status;
    check(text, length, from->number);
    count_one(from->sent_at);
    ask(from);
}

/* The first connection is the source; a round ends when all the others have its message. */
static void on_push(struct connection *from, const char *text, size_t length, int status) {
    (void)status;
    if (from == connections) return;
    check(text, length, connections->number);
    delivered += is_measuring;
    if (--waiting) return;
    count_one(connections->sent_at);
    waiting = count - 1;
    ask(connections);
}

static void on_post(struct connection *from, const char *text, size_t length, int status) {
    if (!is_posting) {
        printf("id %.*s\n", (int)length, text);
        waiting--;
        return;
    }
    if (from < posters || from >= posters + poster_count) {
        check(text, length, 0);
        delivered += is_measuring;
        return;
    }
    if (status != 200) {
        fprintf(stderr, "%d %.*s\n", status, (int)length, text);
        die("a post was refused");
    }
    count_one(from->sent_at);
    uint32_t next = next_request++ % request_count;
    from->sent_at = now();
    send_raw(from, requests[next], request_lengths[next]);
}

static void run(on_message deliver, int (*is_over)(void)) {
    struct epoll_event events[512];
    while (!is_over()) {
        int ready = epoll_wait(poller, events, 512, 100);
        for (int i = 0; i < ready; i++) {
            struct connection *one = events[i].data.ptr;
            int is_poster = posters && one >= posters && one < posters + poster_count;
            if (!advance(one, is_poster ? &poster_target : &target, deliver)) continue;
            opened++;
            if (!is_poster && started < count) {
                open_connection(&connections[started], &target, started);
                started++;
            }
        }
    }
}

static int all_open(void) { return opened == count; }
static int all_posters_open(void) { return opened == poster_count; }
static int none_waiting(void) { return waiting == 0; }

static int time_is_over(void) {
    double at = now();
    if (!is_measuring && at >= measured_from && at < measured_until) {
        is_measuring = 1;
        measured_from = at;
        puts("start");
    }
    if (is_measuring && at >= measured_until) {
        is_measuring = 0;
        measured_until = at;
        puts("stop");
        return 1;
    }
    return 0;
}

static void report(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    size_t kept = done < LATENCIES_MAX ? done : LATENCIES_MAX;
    qsort(latencies, kept, sizeof *latencies, compare);
    printf("{\"done\": %lu, \"delivered\": %lu, \"seconds\": %.6f, \"p50_us\": %.1f, "
           "\"p99_us\": %.1f, \"cpu_seconds\": %.3f}\n",
           done, delivered, measured_until - measured_from, kept ? latencies[kept / 2] : 0,
           kept ? latencies[kept * 99 / 100] : 0,
           use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6);
}

static void open_all(void) {
    measured_from = now();
    while (started < count && started < at_once) {
        open_connection(&connections[started], &target, started);
        started++;
    }
    run(on_echo, all_open);
    measured_until = now();
    puts("ready");
}

static void measure(on_message deliver) {
    measured_from = now() + warm;
    measured_until = measured_from + seconds;
    run(deliver, time_is_over);
    report();
}

static void read_requests(void) {
    char name[4096];
    if (!fgets(name, sizeof name, stdin)) die("no file of requests");
    name[strcspn(name, "\n")] = 0;
    FILE *file = fopen(name, "rb");
    if (!file) die("the file of requests cannot be read");
    uint32_t length;
    while (fread(&length, 4, 1, file) == 1) {
        requests = realloc(requests, (request_count + 1) * sizeof *requests);
        request_lengths = realloc(request_lengths, (request_count + 1) * sizeof length);
        requests[request_count] = malloc(length);
        if (fread(requests[request_count], length, 1, file) != 1) die("a request is cut short");
        request_lengths[request_count++] = length;
    }
    if (!request_count) die("the file of requests is empty");
}

static void post(void) {
    waiting = count;
    for (unsigned i = 0; i < count; i++) ask(&connections[i]);
    run(on_post, none_waiting);
    puts("ids");
    read_requests();
    poster_target = target;
    poster_target.is_websocket = 0;
    if (post_port) poster_target.port = post_port;
    posters = calloc(poster_count, sizeof *posters);
    opened = 0;
    is_posting = 1;
    for (unsigned i = 0; i < poster_count; i++) open_connection(&posters[i], &poster_target, i);
    run(on_post, all_posters_open);
    for (unsigned i = 0; i < poster_count; i++) {
        uint32_t next = next_request++ % request_count;
        posters[i].sent_at = now();
        send_raw(&posters[i], requests[next], request_lengths[next]);
    }
    measure(on_post);
}

static void read_arguments(int argc, char **argv) {
    if (argc < 2) die("say open, echo, fan or posts");
    mode = argv[1];
    for (int i = 2; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value) die("NAME=VALUE is needed");
        *value++ = 0;
        if (!strcmp(argv[i], "host")) target.host = value;
        else if (!strcmp(argv[i], "port")) target.port = value;
        else if (!strcmp(argv[i], "path")) target.path = value;
        else if (!strcmp(argv[i], "tls")) target.is_tls = atoi(value);
        else if (!strcmp(argv[i], "connections")) count = atoi(value);
        else if (!strcmp(argv[i], "at_once")) at_once = atoi(value);
        else if (!strcmp(argv[i], "message")) message = value;
        else if (!strcmp(argv[i], "expect")) expected = value;
        else if (!strcmp(argv[i], "numbers")) numbers = atoi(value);
        else if (!strcmp(argv[i], "warm")) warm = atof(value);
        else if (!strcmp(argv[i], "seconds")) seconds = atof(value);
        else if (!strcmp(argv[i], "posters")) poster_count = atoi(value);
        else if (!strcmp(argv[i], "post_port")) post_port = value;
        else die("an unknown name");
    }
    if (!expected) expected = message;
    if (strlen(message) > 32000 || strlen(expected) > 32000) die("a message is too long");
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    poller = epoll_create1(0);
    connections = calloc(count, sizeof *connections);
    latencies = malloc(LATENCIES_MAX * sizeof *latencies);
    if (!connections || !latencies) die("out of memory");
    open_all();
    if (!strcmp(mode, "open")) {
        done = count;
        report();
        while (getchar() != EOF) continue;
    } else if (!strcmp(mode, "echo")) {
        for (unsigned i = 0; i < count; i++) ask(&connections[i]);
        measure(on_echo);
    } else if (!strcmp(mode, "fan")) {
        waiting = count - 1;
        ask(connections);
        measure(on_push);
    } else if (!strcmp(mode, "posts")) {
        post();
    } else {
        die("say open, echo, fan or posts");
    }
    return 0;
}
