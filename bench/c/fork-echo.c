/* The classic concurrent server: a process for each connection, a buffer of 2 KiB. */
#include "bench.h"
#include <signal.h>
#include <sys/wait.h>

/* Waits for children (not SIG_IGN), so that their processor time is counted as ours. */
static void reap(int signal_number) {
  (void)signal_number;
  int saved = errno;
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  errno = saved;
}

static void echo(int connection) {
  char buffer[2048];
  ssize_t got;
  while ((got = read(connection, buffer, sizeof buffer)) > 0)
    if (!write_all(connection, buffer, got)) return;
}

int main(void) {
  struct sigaction on_child = {.sa_handler = reap, .sa_flags = SA_RESTART};
  sigaction(SIGCHLD, &on_child, NULL);
  int listener = serve(SOCK_STREAM, "tcp");
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    if (connection < 0) continue;
    if (fork() == 0) {
      close(listener);
      echo(connection);
      _exit(0);
    }
    close(connection);
  }
}
