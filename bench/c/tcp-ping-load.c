/* tcp-ping-load PORT WARM-UP SECONDS CONNECTIONS BYTES: on each connection the next message goes
 * out when the last came back whole; each is compared. */
#include "load.h"

enum { LARGEST = 65536 };

struct client {
  int descriptor;
  size_t received;
  long long sent_at;
  uint64_t number;
};

static char message[LARGEST], answer[LARGEST];
static size_t size;

static void ask(struct client *client) {
  memcpy(message, &client->number, sizeof client->number);
  client->received = 0;
  client->sent_at = now_nanos();
  if (!write_all(client->descriptor, message, size)) die("send");
}

/* True when a whole answer is there; a wrong one ends the run. */
static bool take(struct client *client) {
  ssize_t got = read(client->descriptor, answer + client->received, size - client->received);
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) die("the server closed the connection");
  if (client->received == 0 && (size_t)got == size) {
    memcpy(message, &client->number, sizeof client->number);
    if (memcmp(message, answer, size) != 0) die("a wrong answer");
  }
  client->received += got;
  return client->received == size;
}

/* Everybody is served before the time begins: there are servers that start a process for each. */
static void first_round(int epoll, struct client *clients, int connections) {
  struct epoll_event events[EVENTS];
  for (int i = 0; i < connections; i++) ask(&clients[i]);
  for (int answered = 0; answered < connections;) {
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) answered += take(&clients[events[i].data.u32]);
  }
}

int main(int count, char **words) {
  int port = (int)argument(count, words, 1), connections = (int)argument(count, words, 4);
  size = (size_t)argument(count, words, 5);
  memset(message, 'x', sizeof message);
  struct client *clients = calloc(connections, sizeof *clients);
  static struct histogram latency;
  int epoll = checked(epoll_create1(0), "epoll_create1");
  for (int i = 0; i < connections; i++) {
    clients[i].descriptor = connect_client(port, i);
    watch(epoll, clients[i].descriptor, EPOLLIN, i);
  }
  first_round(epoll, clients, connections);
  struct run run = start_run(argument(count, words, 2), argument(count, words, 3));
  for (int i = 0; i < connections; i++) ask(&clients[i]);
  struct epoll_event events[EVENTS];
  while (goes_on(&run, now_nanos())) {
    int ready = epoll_wait(epoll, events, EVENTS, 100);
    for (int i = 0; i < ready; i++) {
      struct client *client = &clients[events[i].data.u32];
      if (!take(client)) continue;
      if (run.measuring) {
        run.operations++;
        record(&latency, now_nanos() - client->sent_at);
      }
      client->number++;
      ask(client);
    }
  }
  begin_report(&run);
  report_latency(&latency);
  end_report();
}
