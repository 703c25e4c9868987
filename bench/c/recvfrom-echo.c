/* The classic UDP echo: one datagram in, one datagram out. */
#include "bench.h"

int main(void) {
  int server = serve(SOCK_DGRAM, "udp");
  char buffer[65536];
  struct sockaddr_in from;
  for (;;) {
    socklen_t length = sizeof from;
    ssize_t got = recvfrom(server, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length);
    if (got >= 0) sendto(server, buffer, got, 0, (struct sockaddr *)&from, length);
  }
}
