/* select-relay [no-delay]: the classic chat server, select(), and whatever one client sends goes to
 * each of the others at once. As it always was, Nagle's algorithm makes much of that wait for ACKs;
 * with no-delay (TCP_NODELAY) only the program itself is measured. */
#include "bench.h"
#include <sys/select.h>

static fd_set clients;
static int highest;
static bool no_delay;

static void admit(int listener) {
  int client = accept(listener, NULL, NULL);
  if (client < 0) return;
  if (client >= FD_SETSIZE) {
    close(client);
    return;
  }
  set_option(client, IPPROTO_TCP, TCP_NODELAY, no_delay);
  FD_SET(client, &clients);
  if (client > highest) highest = client;
}

static void relay(int from, int listener) {
  char buffer[1024];
  ssize_t got = recv(from, buffer, sizeof buffer, 0);
  if (got <= 0) {
    close(from);
    FD_CLR(from, &clients);
    return;
  }
  for (int to = 0; to <= highest; to++)
    if (FD_ISSET(to, &clients) && to != listener && to != from)
      send(to, buffer, got, MSG_NOSIGNAL);
}

int main(int count, char **words) {
  no_delay = count > 1 && strcmp(words[1], "no-delay") == 0;
  int listener = serve(SOCK_STREAM, "tcp");
  FD_SET(listener, &clients);
  highest = listener;
  for (;;) {
    fd_set ready = clients;
    if (select(highest + 1, &ready, NULL, NULL, NULL) < 0) continue;
    for (int descriptor = 0, last = highest; descriptor <= last; descriptor++) {
      if (!FD_ISSET(descriptor, &ready)) continue;
      if (descriptor == listener) admit(listener);
      else relay(descriptor, listener);
    }
  }
}
