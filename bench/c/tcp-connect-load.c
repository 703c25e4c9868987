/* tcp-connect-load PORT WARM-UP SECONDS PARALLEL: connects, sends 64 B, reads them back, sends FIN,
 * waits for the server's FIN, and begins anew; PARALLEL at a time, until SECONDS are over or enough were counted. */
#include "load.h"

/* A kernel that tracks connections (nf_conntrack, as beside Docker) keeps each for two minutes, 262,144 in all:
 * all contestants in all rounds have to do with that. */
enum { BYTES = 64, ENOUGH = 4000 };

struct client {
  int descriptor;
  size_t received;
};

static int port, epoll, next_source;
static char message[BYTES];

static void begin(struct client *client, int index) {
  client->received = 0;
  client->descriptor = client_socket(next_source++ % (CONNECTIONS_AN_ADDRESS * 250), SOCK_NONBLOCK);
  struct sockaddr_in to = ipv4(INADDR_LOOPBACK, port);
  if (connect(client->descriptor, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
    die("connect");
  watch(epoll, client->descriptor, EPOLLOUT, index);
}

static void connected(struct client *client, int index) {
  if (!write_all(client->descriptor, message, BYTES)) die("a connection was refused");
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
  epoll_ctl(epoll, EPOLL_CTL_MOD, client->descriptor, &event);
}

/* True when the server's FIN has come after the whole echo. */
static bool take(struct client *client) {
  char answer[BYTES];
  ssize_t got = read(client->descriptor, answer, BYTES);
  if (got < 0 && errno == EAGAIN) return false;
  if (got < 0) die("read");
  if (got == 0 && client->received != BYTES) {
    fprintf(stderr, "closed before the echo\n");
    exit(1);
  }
  client->received += got;
  if (got > 0 && client->received == BYTES) shutdown(client->descriptor, SHUT_WR);
  return got == 0;
}

int main(int count, char **words) {
  port = (int)argument(count, words, 1);
  int parallel = (int)argument(count, words, 4);
  struct client *clients = calloc(parallel, sizeof *clients);
  epoll = checked(epoll_create1(0), "epoll_create1");
  struct run run = start_run(argument(count, words, 2), argument(count, words, 3));
  for (int i = 0; i < parallel; i++) begin(&clients[i], i);
  struct epoll_event events[EVENTS];
  while (goes_on(&run, now_nanos()) && run.operations < ENOUGH) {
    int ready = epoll_wait(epoll, events, EVENTS, 100);
    for (int i = 0; i < ready; i++) {
      int index = (int)events[i].data.u32;
      struct client *client = &clients[index];
      if (events[i].events & EPOLLOUT) connected(client, index);
      else if (take(client)) {
        close(client->descriptor);
        if (run.measuring) run.operations++;
        begin(client, index);
      }
    }
  }
  begin_report(&run);
  end_report();
}
