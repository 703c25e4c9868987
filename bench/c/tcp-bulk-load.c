/* tcp-bulk-load PORT WARM-UP SECONDS CONNECTIONS: writes without end and counts the bytes that come
 * back; after the time it sends FIN and makes sure that all of them do. */
#include "load.h"

enum { CHUNK = 262144 };

struct client {
  int descriptor;
  long long sent, received;
  bool ended;
};

static char chunk[CHUNK];

static void pump(struct client *client) {
  ssize_t wrote = send(client->descriptor, chunk, CHUNK, MSG_NOSIGNAL);
  if (wrote < 0 && errno != EAGAIN) die("send");
  if (wrote > 0) client->sent += wrote;
}

static ssize_t take(struct client *client) {
  ssize_t got = read(client->descriptor, chunk, CHUNK);
  if (got < 0 && errno != EAGAIN) die("read");
  if (got == 0) client->ended = true;
  if (got > 0) client->received += got;
  return got > 0 ? got : 0;
}

static void finish(struct client *client) {
  fcntl(client->descriptor, F_SETFL, 0);
  struct timeval patience = {.tv_sec = 3};
  setsockopt(client->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  shutdown(client->descriptor, SHUT_WR);
  while (!client->ended) take(client);
  if (client->sent == client->received) return;
  fprintf(stderr, "sent %lld B, received %lld B\n", client->sent, client->received);
  exit(1);
}

int main(int count, char **words) {
  int port = (int)argument(count, words, 1), connections = (int)argument(count, words, 4);
  struct client *clients = calloc(connections, sizeof *clients);
  int epoll = checked(epoll_create1(0), "epoll_create1");
  for (int i = 0; i < connections; i++) {
    clients[i].descriptor = connect_client(port, i);
    watch(epoll, clients[i].descriptor, EPOLLIN | EPOLLOUT, i);
  }
  struct run run = start_run(argument(count, words, 2), argument(count, words, 3));
  struct epoll_event events[EVENTS];
  while (goes_on(&run, now_nanos())) {
    int ready = epoll_wait(epoll, events, EVENTS, 100);
    for (int i = 0; i < ready; i++) {
      struct client *client = &clients[events[i].data.u32];
      ssize_t got = events[i].events & EPOLLIN ? take(client) : 0;
      if (client->ended) die("the server closed the connection");
      if (run.measuring) run.operations += got;
      if (events[i].events & EPOLLOUT) pump(client);
    }
  }
  begin_report(&run);
  end_report();
  for (int i = 0; i < connections; i++) finish(&clients[i]);
}
