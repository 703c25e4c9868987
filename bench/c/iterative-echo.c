/* The simplest server: one client at a time, the others wait in the backlog. */
#include "bench.h"

static void echo(int connection) {
  char buffer[2048];
  ssize_t got;
  while ((got = read(connection, buffer, sizeof buffer)) > 0)
    if (!write_all(connection, buffer, got)) return;
}

int main(void) {
  int listener = serve(SOCK_STREAM, "tcp");
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    if (connection < 0) continue;
    echo(connection);
    close(connection);
  }
}
