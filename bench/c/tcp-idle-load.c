/* tcp-idle-load PORT WARM-UP SECONDS CONNECTIONS: opens so many, sends and gets 64 B on each, and
 * keeps them open until standard input ends. Nothing happens on them meanwhile. */
#include "load.h"

int main(int count, char **words) {
  int port = (int)argument(count, words, 1), connections = (int)argument(count, words, 4);
  char message[64] = {0};
  struct run run = start_run(0, 0);
  goes_on(&run, now_nanos());
  for (int i = 0; i < connections; i++) {
    int client = client_socket(i, 0);
    struct sockaddr_in to = ipv4(INADDR_LOOPBACK, port);
    checked(connect(client, (struct sockaddr *)&to, sizeof to), "connect");
    if (!write_all(client, message, sizeof message)) die("send");
    if (recv(client, message, sizeof message, MSG_WAITALL) != sizeof message) die("no echo");
    run.operations++;
  }
  goes_on(&run, now_nanos());
  begin_report(&run);
  end_report();
}
