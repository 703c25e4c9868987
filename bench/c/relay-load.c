/* relay-load PORT WARM-UP SECONDS CLIENTS TALKING WINDOW [LINES-A-SECOND]: lines of 32 B from some
 * clients to all the others. As fast as they are received: each sender has at most WINDOW lines in flight
 * that not every client has received. Or on schedule, LINES-A-SECOND in all; then the time from the
 * scheduled send time of a line until it is received is measured. A line counts by its one '#', whatever the
 * server puts before it. */
#include "load.h"
#include <poll.h>

enum { LINE = 32, DIGITS = 16, BUFFER = 65536 };

struct client {
  int descriptor;
  long long heard;
  char rest[1 + DIGITS]; /* of a line whose time is not complete yet */
  size_t rest_length;
};

static struct client *clients;
static int client_count, talking, window, epoll;
static bool scheduled;
static struct histogram delay;
static struct run run;

static void say(int talker, long long due) {
  char line[LINE + 1];
  snprintf(line, sizeof line, "#%016llx%14s\n", due, "");
  if (!write_all(clients[talker].descriptor, line, LINE)) die("send");
}

/* Counts the lines in what one client heard, and how late they are. */
static void hear(struct client *client, char *text, size_t length, long long now) {
  char *end = text + length, *mark = text;
  client->rest_length = 0;
  while ((mark = memchr(mark, '#', end - mark)) != NULL) {
    if (end - mark < 1 + DIGITS) {
      client->rest_length = end - mark;
      memcpy(client->rest, mark, client->rest_length);
      return;
    }
    client->heard++;
    if (run.measuring) run.operations++;
    if (run.measuring && scheduled) record(&delay, now - strtoll(mark + 1, NULL, 16));
    mark += 1 + DIGITS;
  }
}

/* True when there was something to read. */
static bool take(struct client *client) {
  static char buffer[BUFFER + 1];
  memcpy(buffer, client->rest, client->rest_length);
  size_t kept = client->rest_length;
  ssize_t got = read(client->descriptor, buffer + kept, BUFFER - kept);
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) {
    fprintf(stderr, "the server disconnected a client\n");
    exit(1);
  }
  buffer[kept + got] = 0;
  hear(client, buffer, kept + got, now_nanos());
  return true;
}

/* Waits until `nanos` from now at most; true when any client received anything. */
static bool listen_for(long long nanos) {
  struct epoll_event events[EVENTS];
  struct pollfd any = {.fd = epoll, .events = POLLIN};
  struct timespec timeout = {.tv_sec = nanos / 1000000000, .tv_nsec = nanos % 1000000000};
  if (nanos > 0) ppoll(&any, 1, &timeout, NULL);
  int ready = epoll_wait(epoll, events, EVENTS, 0);
  bool heard = false;
  for (int i = 0; i < ready; i++) heard = take(&clients[events[i].data.u32]) || heard;
  return heard;
}

/* How many turns everybody has heard; a turn is a line of each who talks. */
static long long turns_heard(void) {
  long long fewest = -1;
  for (int i = 0; i < client_count; i++) {
    int others = i < talking ? talking - 1 : talking;
    if (others > 0 && (fewest < 0 || clients[i].heard / others < fewest))
      fewest = clients[i].heard / others;
  }
  return fewest;
}

static void as_fast_as_heard(void) {
  long long turns = 0;
  while (goes_on(&run, now_nanos())) {
    for (long long heard = turns_heard(); turns < heard + window; turns++)
      for (int i = 0; i < talking; i++) say(i, 0);
    listen_for(100000000);
  }
}

static void on_schedule(double lines_a_second) {
  long long start = now_nanos(), now = start;
  for (long long line = 0; goes_on(&run, now); now = now_nanos()) {
    long long due = start + (long long)((double)line * 1e9 / lines_a_second);
    if (now >= due) say((int)(line++ % talking), due);
    else listen_for(due - now < 100000000 ? due - now : 100000000);
  }
}

static void join(int port) {
  clients = calloc(client_count, sizeof *clients);
  epoll = checked(epoll_create1(0), "epoll_create1");
  for (int i = 0; i < client_count; i++) {
    clients[i].descriptor = connect_client(port, i);
    watch(epoll, clients[i].descriptor, EPOLLIN, i);
  }
  while (listen_for(100000000)) continue; /* greetings, and news of who came */
}

int main(int count, char **words) {
  client_count = (int)argument(count, words, 4);
  talking = (int)argument(count, words, 5);
  window = (int)argument(count, words, 6);
  double lines_a_second = count > 7 ? atof(words[7]) : 0;
  scheduled = lines_a_second > 0;
  join((int)argument(count, words, 1));
  run = start_run(argument(count, words, 2), argument(count, words, 3));
  if (scheduled) on_schedule(lines_a_second);
  else as_fast_as_heard();
  begin_report(&run);
  report_latency(&delay);
  end_report();
}
